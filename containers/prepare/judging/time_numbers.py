"""Numbers that are times: the units they may be in, told apart by where they put the times of a whole column."""

# SQL is put together from numbers and names of our own.

from dataclasses import dataclass
from datetime import UTC, datetime

from contract.timestamp_format import EXCEL, ORDER

# 1995: nothing that people rated or bought on line is older, but MovieLens begins in that January. Ticks of .NET, which
# count from the year 1, are the first half of 1990 when they are read as nanoseconds.
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC).timestamp()
_DAY = 86_400
_EXCEL_1970 = 25_569  # days from 1899-12-30, where the 1900 system of Excel begins but for a leap day that never was

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

    ``low`` and ``high`` are the numbers that it has for EARLIEST and for the latest time that can be.
    """

    format: str
    low: float
    high: float

    @property
    def name(self) -> str:
        """What to call it.

        >>> Unit("%Y%m%d", 19950101, 20261128).name
        'numbers like 20261128 (%Y%m%d)'
        """
        return _NAMES.get(self.format) or f"numbers like {self.high:.0f} ({self.format})"

    def seconds(self) -> str:
        """SQL: a number called ``epoch`` to epoch seconds; null where a pattern does not fit."""
        return seconds(self.format)

    def holds(self) -> str:
        """SQL: whether ``epoch`` is a time from EARLIEST on in this unit."""
        within = f"epoch BETWEEN {self.low!r} AND {self.high!r}"
        # Only a CASE spares the other rows the pattern.
        return f"CASE WHEN {within} THEN {self.seconds()} IS NOT NULL END" if "%" in self.format else within


def seconds(unit: str) -> str:
    """SQL: a number called ``epoch`` to epoch seconds, by a unit of contract.timestamp_format or digits' pattern."""
    if unit in _UNIT_SQL:
        return _UNIT_SQL[unit]
    whole = "abs(epoch) < 1e15 AND epoch = floor(epoch)"
    return f"CASE WHEN {whole} THEN epoch(try_strptime(epoch::BIGINT::VARCHAR, '{unit}')) END"


def recognised(until: float) -> list[Unit]:
    """The units that a column of numbers is recognised by. Until 2033 no number is a time in two of them.

    A pattern goes before a unit: of epoch seconds, one in a hundred fits such a pattern by chance.

    Args:
        until: the latest time that can be, in epoch seconds.
    """
    return [
        *(Unit(pattern, _digits(EARLIEST, pattern), _digits(until, pattern)) for pattern in _DIGITS),
        *(Unit(unit, EARLIEST * per_second, until * per_second) for unit, per_second in _PER_SECOND.items()),
        Unit(EXCEL, EARLIEST / _DAY + _EXCEL_1970, until / _DAY + _EXCEL_1970),
    ]


def _digits(moment: float, pattern: str) -> float:
    return float(f"{datetime.fromtimestamp(moment, UTC):{pattern}}")
