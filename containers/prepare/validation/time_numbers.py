"""Numeric times: detects the unit of a column from the range of times that each unit would give."""

# SQL is composed of constants and numbers only.

from dataclasses import dataclass
from datetime import UTC, datetime

from contract.timestamp_format import EXCEL, ORDER

# 1995: no online ratings or purchases are older, and MovieLens begins that January. .NET ticks, which count from the
# year 1, would be in the first half of 1990 if read as nanoseconds.
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC).timestamp()
_DAY = 86_400
_EXCEL_1970 = 25_569  # days from 1899-12-30, where Excel's 1900 system begins, except for a leap day that never existed

_UNIT_SQL = {
    "seconds": "epoch",
    "milliseconds": "epoch / 1e3",
    "microseconds": "epoch / 1e6",
    "nanoseconds": "epoch / 1e9",
    "days": f"epoch * {_DAY}",
    EXCEL: f"round((epoch - {_EXCEL_1970}) * {_DAY}, 3)",
    ORDER: "epoch",
}
_PER_SECOND = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
_DIGITS = ("%Y%m%d%H%M%S", "%Y%m%d%H%M", "%Y%m%d%H", "%Y%m%d", "%Y%m")
_NAMES = {
    "seconds": "epoch seconds",
    "milliseconds": "epoch milliseconds",
    "microseconds": "epoch microseconds",
    "nanoseconds": "epoch nanoseconds",
    "days": "days since 1970",
    EXCEL: "Excel's serial days",
}


@dataclass(frozen=True)
class Unit:
    """A unit or, for numbers such as 20231222, a strptime pattern.

    ``low`` and ``high`` are the numbers for EARLIEST and for the latest possible time.
    """

    format: str
    low: float
    high: float

    @property
    def name(self) -> str:
        """Its name in messages.

        >>> Unit("%Y%m%d", 19950101, 20261128).name
        'numbers like 20261128 (%Y%m%d)'
        """
        return _NAMES.get(self.format) or f"numbers like {self.high:.0f} ({self.format})"

    def seconds(self) -> str:
        """SQL: a number called ``epoch`` to epoch seconds; null if it does not match the pattern."""
        return seconds(self.format)

    def holds(self) -> str:
        """SQL: whether ``epoch`` is a time not before EARLIEST in this unit."""
        within = f"epoch BETWEEN {self.low!r} AND {self.high!r}"
        # Only a CASE avoids evaluating the pattern for the other rows.
        return f"CASE WHEN {within} THEN {self.seconds()} IS NOT NULL END" if "%" in self.format else within


def seconds(unit: str) -> str:
    """SQL: a number called ``epoch`` to epoch seconds, by a unit of contract.timestamp_format or a digit pattern."""
    if unit in _UNIT_SQL:
        return _UNIT_SQL[unit]
    whole = "abs(epoch) < 1e15 AND epoch = floor(epoch)"
    return f"CASE WHEN {whole} THEN epoch(try_strptime(epoch::BIGINT::VARCHAR, '{unit}')) END"


def recognised(until: float) -> list[Unit]:
    """The units that can be detected in a column of numbers. Until 2033, no number is a time in two of them.

    Patterns come before units: one in a hundred epoch-second values matches such a pattern by chance.

    Args:
        until: the latest possible time, in epoch seconds.
    """
    return [
        *(Unit(pattern, _digits(EARLIEST, pattern), _digits(until, pattern)) for pattern in _DIGITS),
        *(Unit(unit, EARLIEST * per_second, until * per_second) for unit, per_second in _PER_SECOND.items()),
        Unit(EXCEL, EARLIEST / _DAY + _EXCEL_1970, until / _DAY + _EXCEL_1970),
    ]


def _digits(moment: float, pattern: str) -> float:
    return float(f"{datetime.fromtimestamp(moment, UTC):{pattern}}")
