"""The description of the user or item files in ``input/dataset.json``: id, title, and features."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract import file_format
from contract.file_format import AS_USUAL, FileFormat
from contract.value_rules import Whole

FEATURE_TYPES = ("category", "categories", "number")
DEFAULT_SEPARATOR = "|"
DEFAULT_BINS = 10
BINS = Whole(2, 1000)
_OPTIONS = {"category": (), "categories": ("separator",), "number": ("bins",)}


@dataclass(frozen=True)
class Feature:
    """A column that describes users or items.

    ``type``: ``category`` is one value a row; ``categories`` are several, separated by ``separator``; ``number`` is
    divided into at most ``bins`` intervals with equal numbers of rows.
    """

    column: str
    type: str
    separator: str = DEFAULT_SEPARATOR
    bins: int = DEFAULT_BINS


@dataclass(frozen=True)
class SideTable:
    """The columns of the files that describe users or items.

    ``title`` is for items only, ``default_by`` for users only: the feature for whose values there are separate default
    lists. ``files`` is the file format, by default that of the interactions.
    """

    id: str
    title: str | None
    features: tuple[Feature, ...]
    default_by: str | None = None
    files: FileFormat = AS_USUAL


def faults(given: object, where: str, document: Mapping[str, Any] | None = None, *, titled: bool) -> list[str]:
    """All errors in one side's description.

    Args:
        where: its name in dataset.json, ``users`` or ``items``.
        document: the whole dataset.json, whose settings apply where the side has none.
        titled: whether it may have a title.
    """
    fields = (*(("id", "title", "features") if titled else ("id", "features", "default_by")), *file_format.FIELDS)
    if not isinstance(given, Mapping):
        return [f"{where} must be an object with {', '.join(fields[:3])}, got {given!r}"]
    found = [f"{where}.{name} is not a field (the fields: {', '.join(fields)})" for name in given if name not in fields]
    found += (
        [_column_fault(f"{where}.id", given.get("id"))] if given.get("id") is not None else [f"{where}.id is missing"]
    )
    if titled and given.get("title") is not None:
        found.append(_column_fault(f"{where}.title", given["title"]))
    found += file_format.faults(given, f"{where}.", document)
    features = given.get("features", {})
    if not isinstance(features, Mapping):
        found.append(
            f'{where}.features must be an object of columns and their types, such as {{"genre": "category"}}, '
            f"got {features!r}"
        )
    else:
        for column, described in features.items():
            found += _feature_faults(f"{where}.features.{column}", column, described)
        if given.get("id") in features:
            found.append(f"{where}.features: column {given['id']!r} is the id, which is always a feature")
    if not titled and given.get("default_by") is not None:
        found += _default_faults(where, given["default_by"], features if isinstance(features, Mapping) else {})
    if given.get("title") is None and not features:
        needed = "a title or features" if titled else "features"
        found.append(f"{where} must name {needed}, or be left out: an id alone adds nothing")
    return [fault for fault in found if fault]


def parse(given: Mapping[str, Any], document: Mapping[str, Any] | None = None) -> SideTable:
    """Parses a valid description from dataset.json."""
    features = tuple(_feature(column, described) for column, described in given.get("features", {}).items())
    files = file_format.parse(given, document)
    return SideTable(given["id"], given.get("title"), features, given.get("default_by"), files)


def _feature(column: str, described: str | Mapping[str, Any]) -> Feature:
    if isinstance(described, str):
        return Feature(column, described)
    return Feature(column, **described)


def _feature_faults(where: str, column: str, described: object) -> list[str]:
    given = {"type": described} if isinstance(described, str) else described
    if not column:
        return [f"{where[:-1]} names an empty column"]
    if not isinstance(given, Mapping):
        return [f'{where} must be a type or an object such as {{"type": "number", "bins": 10}}, got {described!r}']
    kind = given.get("type")
    if kind not in FEATURE_TYPES:
        return [f"{where}: type must be one of {', '.join(FEATURE_TYPES)}, got {kind!r}"]
    found = [
        f"{where}.{name} is not an option of type {kind} (its options: {', '.join(_OPTIONS[kind]) or 'none'})"
        for name in given
        if name != "type" and name not in _OPTIONS[kind]
    ]
    separator, bins = given.get("separator", DEFAULT_SEPARATOR), given.get("bins", DEFAULT_BINS)
    if kind == "categories" and not (isinstance(separator, str) and separator):
        found.append(f"{where}.separator must be the text between two values, got {separator!r}")
    if kind == "number" and (fault := BINS.fault(bins)):
        found.append(f"{where}.bins {fault}")
    return found


def _default_faults(where: str, column: object, features: Mapping[str, Any]) -> list[str]:
    kinds = {name: kind.get("type") if isinstance(kind, Mapping) else kind for name, kind in features.items()}
    if isinstance(column, str) and kinds.get(column) in ("category", "categories"):
        return []
    there = ", ".join(name for name, kind in kinds.items() if kind in ("category", "categories")) or "none"
    return [f"{where}.default_by must name a feature of type category or categories (there: {there}), got {column!r}"]


def _column_fault(name: str, value: object) -> str:
    return "" if isinstance(value, str) and value else f"{name} must name a column, got {value!r}"
