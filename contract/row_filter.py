"""``where`` of ``input/dataset.json``: which rows of the interactions to read.

An object of columns and conditions; a row is kept if it meets all of them. A column must equal a text, a number or a
boolean, or one of several in an array, or be a number within ``{"at_least": n, "at_most": n}``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Value = str | int | float  # a bool is an int

_BOUNDS = ("at_least", "at_most")
_EXAMPLE = '{"event_type": ["purchase"], "stars": {"at_least": 4}}'


@dataclass(frozen=True)
class Condition:
    """The condition on one column: one of ``values`` or, if there are none, a number within both bounds."""

    column: str
    values: tuple[Value, ...] = ()
    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        """The condition as text.

        >>> print(Condition("stars", at_least=4), Condition("kind", ("buy", 1, True)), sep="; ")
        stars at least 4; kind 'buy', 1 or true
        """
        if self.values:
            *others, last = (named(value) for value in self.values)
            return f"{self.column} {', '.join(others)}{' or ' if others else ''}{last}"
        bounds = (f"{name.replace('_', ' ')} {bound:g}" for name, bound in self.bounds().items())
        return f"{self.column} {' and '.join(bounds)}"

    def bounds(self) -> dict[str, float]:
        """The bounds that are set, by their name in dataset.json."""
        found = {"at_least": self.at_least, "at_most": self.at_most}
        return {name: bound for name, bound in found.items() if bound is not None}


def named(value: Value) -> str:
    """A value as in dataset.json, a text in single quotes."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def faults(given: object) -> list[str]:
    """All errors in the field's value."""
    if not isinstance(given, Mapping) or not given:
        return [f"where must be an object of columns and what they must be, such as {_EXAMPLE}, got {given!r}"]
    return [fault for column, wanted in given.items() for fault in _condition_faults(column, wanted)]


def parse(given: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Parses a valid value."""
    return tuple(_condition(column, wanted) for column, wanted in given.items())


def _condition(column: str, wanted: Any) -> Condition:
    if isinstance(wanted, Mapping):
        return Condition(column, (), **wanted)
    return Condition(column, tuple(wanted) if isinstance(wanted, list) else (wanted,))


def _condition_faults(column: str, wanted: object) -> list[str]:
    where = f"where.{column}"
    if not column:
        return ["where names an empty column"]
    if isinstance(wanted, Mapping):
        return _bound_faults(where, wanted)
    if wanted == []:
        return [f"{where} keeps no row: name the values to keep, got []"]
    values = wanted if isinstance(wanted, list) else [wanted]
    return [
        f"{where} must be a text, a number, true or false, an array of these, or an object such as "
        f'{{"at_least": 4}}, got {value!r}{_NO_VALUE if value is None else ""}'
        for value in values
        if not isinstance(value, str) and not _is_number(value) and not isinstance(value, bool)
    ][:1]


_NO_VALUE = '; rows without a value are kept by ""'


def _bound_faults(where: str, wanted: Mapping[str, object]) -> list[str]:
    found = [
        f"{where}.{name} is not a bound (the bounds: {', '.join(_BOUNDS)})" for name in wanted if name not in _BOUNDS
    ]
    found += [
        f"{where}.{name} must be a number, got {wanted[name]!r}"
        for name in _BOUNDS
        if name in wanted and not _is_number(wanted[name])
    ]
    if not wanted:
        found.append(f'{where} must have a bound, such as {{"at_least": 4}}, got {{}}')
    low, high = wanted.get("at_least"), wanted.get("at_most")
    if not found and isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        found.append(f"{where} keeps no row: at_least {low:g} is more than at_most {high:g}")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
