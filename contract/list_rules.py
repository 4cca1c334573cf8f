"""Which items lists may contain: ``input/rules.json``, overridden by ``rules`` of a run's input.

``exclude`` and ``only`` are arrays of item ids and of ``{"column": ..., "values": [...]}``, which selects every item
with one of these values of an item feature. ``most_per_category`` is ``{"column": ..., "most": n}``. ``exclude_seen``
is true, false or ``{"days": n}``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from contract.dataset import Dataset
from contract.documents import UnknownNames
from contract.refusal import InputRefused
from contract.request_document import ExcludeSeen, Rules, Selected
from contract.run_layout import RULES_KEY
from contract.timestamp_format import ORDER
from contract.value_rules import Whole

FIELDS = ("exclude", "only", "most_per_category", "exclude_seen")
# Maximum items in a list, maximum items of one category in it, maximum days of exclude_seen.
LISTED = Whole(1, 500)
DAYS = Whole(1, 36_500)
_SELECTIONS = ("exclude", "only")


@dataclass(frozen=True)
class FeatureValues:
    """The items that have one of ``values`` of the item feature ``column``."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """Items selected by id and by feature values."""

    ids: tuple[str, ...]
    features: tuple[FeatureValues, ...]


@dataclass(frozen=True)
class CategoryLimit:
    """A list holds at most ``most`` items of each value of the item feature ``column``."""

    column: str
    most: int


@dataclass(frozen=True)
class ListRules:
    """The rules of a run's lists; ``only`` is None if all items are allowed, ``limit`` if no category is limited."""

    exclude: Selection
    only: Selection | None
    limit: CategoryLimit | None

    @classmethod
    def of(cls, rules: Rules) -> "ListRules":
        """Parses valid rules, as plan.json has them under ``request.rules``."""
        only, limit = rules.get("only"), rules.get("most_per_category")
        return cls(
            _selection(rules.get("exclude") or []),
            None if only is None else _selection(only),
            None if limit is None else CategoryLimit(limit["column"], limit["most"]),
        )

    def columns(self) -> dict[str, str]:
        """The item features that the rules name, each with the first rule that names it."""
        named = {feature.column: "exclude" for feature in self.exclude.features}
        named |= {
            feature.column: "only"
            for feature in (self.only.features if self.only else ())
            if feature.column not in named
        }
        if self.limit and self.limit.column not in named:
            named[self.limit.column] = "most_per_category"
        return named


def parse_file(text: str | bytes) -> Rules:
    """Parse ``rules.json``.

    Raises:
        InputRefused: with all errors in one message.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InputRefused(f"{RULES_KEY} is not JSON: {error}; fix it, or delete it to have no rules") from None
    found = faults(given)
    if found:
        raise InputRefused(f"{RULES_KEY}: {'; '.join(found)}")
    return cast(Rules, given)


def faults(given: object) -> list[str]:
    """All errors in the rules themselves; null is the same as a missing field."""
    if not isinstance(given, Mapping):
        return [f'must be an object such as {{"exclude": ["item 1"]}}, got {given!r}']
    found = [f"{name} is not a rule (the rules: {', '.join(FIELDS)})" for name in given if name not in FIELDS]
    for name in _SELECTIONS:
        if given.get(name) is not None:
            found += _selection_faults(name, given[name])
    if given.get("only") == []:
        found.append("only leaves no item; name the items that lists may contain, or remove the rule")
    if given.get("most_per_category") is not None:
        found += _limit_faults(given["most_per_category"])
    seen = None if given.get("exclude_seen") is None else seen_fault(given["exclude_seen"])
    return [*found, *([f"exclude_seen {seen}"] if seen else [])]


def seen_fault(value: object) -> str | None:
    """Why this value of ``exclude_seen`` is invalid, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Mapping) and set(value) == {"days"} and DAYS.allows(value["days"]):
        return None
    return f'must be true, false or {{"days": n}} with n {DAYS}, got {value!r}'


def laid_over(of_file: Rules, of_request: Rules, exclude_seen: ExcludeSeen | None) -> tuple[Rules, ExcludeSeen]:
    """The effective rules and ``exclude_seen``: each field of the request overrides the file's.

    Args:
        of_file, of_request: valid rules; null in the request removes the file's field.
        exclude_seen: the input's own field of that name, None if it was not given; takes precedence over both.
    """
    rules = {name: value for name, value in {**of_file, **of_request}.items() if value is not None}
    seen = cast(ExcludeSeen, rules.pop("exclude_seen", True))
    return cast(Rules, rules), seen if exclude_seen is None else exclude_seen


def faults_with(rules: Rules, exclude_seen: ExcludeSeen, dataset: Dataset) -> list[str]:
    """What the rules require of the data that ``dataset.json`` does not provide."""
    features = {feature.column: feature.type for feature in dataset.items.features} if dataset.items else {}
    there = ", ".join(column for column, kind in features.items() if kind != "number") or "none"
    found = []
    for column, rule in ListRules.of(rules).columns().items():
        if features.get(column) in ("category", "categories"):
            continue
        what = "is a number" if column in features else "is no item feature"
        found.append(
            f"the rule {rule} names column {column!r}, which {what} in input/dataset.json (of type category or "
            f"categories: {there}); name one of these, or add the column to items.features"
        )
    if isinstance(exclude_seen, Mapping) and (dataset.timestamp is None or dataset.timestamp_format == ORDER):
        why = (
            "names no timestamp column; name one"
            if dataset.timestamp is None
            else 'has timestamp_format "order", whose numbers are not times; name a column of times'
        )
        found.append(
            f"exclude_seen {dict(exclude_seen)!r} needs the times of interactions, and input/dataset.json {why}, or "
            "set exclude_seen to true or false"
        )
    return found


def unknown_names(found: UnknownNames) -> str:
    """The names of one rule that the data lacks, as text.

    >>> unknown_names({"count": 1200, "examples": ["a", "b"]})
    "1,200 that the data does not know: 'a', 'b' and 1,198 more"
    """
    message = ", ".join(map(repr, found["examples"]))
    more = found["count"] - len(found["examples"])
    return f"{found['count']:,} that the data does not know: {message}{f' and {more:,} more' if more else ''}"


def warnings(unknown: Mapping[str, UnknownNames]) -> list[str]:
    """A sentence for each rule that names something the data lacks.

    Args:
        unknown: by rule, as in summary.json under ``rules.unknown``.
    """
    return [f"The rule {rule} names {unknown_names(found)}." for rule, found in unknown.items()]


def _selection(given: Selected) -> Selection:
    return Selection(
        tuple(str(entry) for entry in given if not isinstance(entry, Mapping)),
        tuple(
            FeatureValues(entry["column"], tuple(str(value) for value in entry["values"]))
            for entry in given
            if isinstance(entry, Mapping)
        ),
    )


def _selection_faults(name: str, given: object) -> list[str]:
    if not isinstance(given, list):
        return [f"{name} must be an array of item ids, got {given!r}"]
    found = []
    for entry in given:
        if _is_text(entry):
            continue
        good = isinstance(entry, Mapping) and set(entry) == {"column", "values"}
        if not (good and isinstance(entry["column"], str) and entry["column"] and _are_texts(entry["values"])):
            found.append(
                f'{name} must hold item ids and objects such as {{"column": "genres", "values": ["Horror"]}}, '
                f"got {entry!r}"
            )
    return found[:3]


def _limit_faults(given: object) -> list[str]:
    if not isinstance(given, Mapping) or set(given) != {"column", "most"}:
        return [f'most_per_category must be an object such as {{"column": "genres", "most": 3}}, got {given!r}']
    found = []
    if not (isinstance(given["column"], str) and given["column"]):
        found.append(f"most_per_category.column must name an item feature, got {given['column']!r}")
    if fault := LISTED.fault(given["most"]):
        found.append(f"most_per_category.most {fault}")
    return found


def _is_text(value: object) -> bool:
    """Whether it can be an id: a text, or an integer, which is read as its digits as in the data."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and bool(values) and all(map(_is_text, values))
