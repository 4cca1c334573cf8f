"""Validation rules for values: each has the check, the message and the text for the documentation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Rule(Protocol):
    """``type`` and ``range`` are for tables; ``fault`` says what is wrong with a value, or None."""

    @property
    def type(self) -> str: ...

    @property
    def range(self) -> str: ...

    def fault(self, value: object) -> str | None: ...


@dataclass(frozen=True)
class Whole:
    """An integer from ``low`` to ``high``; JSON's true and false are invalid."""

    low: int
    high: int

    type = "whole number"

    @property
    def range(self) -> str:
        return f"{self.low}..{self.high}"

    def __str__(self) -> str:
        return f"a {self.type} {self.range}"

    def allows(self, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def fault(self, value: object) -> str | None:
        return None if self.allows(value) else f"must be {self}, got {value!r}"


@dataclass(frozen=True)
class Number:
    """A number from ``low`` to ``high``."""

    low: float
    high: float

    type = "number"

    @property
    def range(self) -> str:
        return f"{self.low:g}..{self.high:g}"

    def __str__(self) -> str:
        return f"a {self.type} {self.range}"

    def allows(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def fault(self, value: object) -> str | None:
        return None if self.allows(value) else f"must be {self}, got {value!r}"


@dataclass(frozen=True)
class OneOf:
    """One of a set of texts. ``hint`` ends the message."""

    choices: tuple[str, ...]
    hint: str = ""

    type = "text"

    @property
    def range(self) -> str:
        return ", ".join(self.choices)

    def fault(self, value: object) -> str | None:
        return None if value in self.choices else f"must be one of {self.range}, got {value!r}{self.hint}"


@dataclass(frozen=True)
class Flag:
    """True or false."""

    type = "true or false"
    range = ""

    def fault(self, value: object) -> str | None:
        return None if isinstance(value, bool) else f"must be {self.type}, got {value!r}"


@dataclass(frozen=True)
class OrNull:
    """The values of another rule, or null."""

    rule: Rule

    @property
    def type(self) -> str:
        return f"{self.rule.type} or null"

    @property
    def range(self) -> str:
        return self.rule.range

    def fault(self, value: object) -> str | None:
        return None if value is None else self.rule.fault(value)


@dataclass(frozen=True)
class Checked:
    """A value that a function of another module validates."""

    type: str
    range: str
    fault: Callable[[Any], str | None]
