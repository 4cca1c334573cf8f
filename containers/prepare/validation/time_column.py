"""How the time column is read: as dataset.json says, or as detected from the whole column, never row by row."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import duckdb

from containers.prepare.validation import time_numbers, time_texts
from containers.prepare.validation.time_numbers import EARLIEST, Unit
from contract.timestamp_format import EXCEL, ORDER, is_pattern

UNREADABLE = "time is in a format that needs a timestamp_format"
UNKNOWN_UNIT = "time is a number in an unknown unit"
ZERO_POINT = "time is an epoch such as 1970-01-01, which usually means a missing time, and the others are later"
# Beginnings or ends of reasons that include a number or a text.
NO_MATCH = "time does not fit the timestamp_format"
NO_NUMBER = "time is no number, and timestamp_format is"
FUTURE = "time is in the future"
UNLIKE_THE_COLUMN = "and the column is in"
_SLACK = 86_400  # clocks and time zones differ
_YEAR_1 = -62_135_596_800
_HOURS = 3_600
# The epochs at which computer calendars begin or end: missing times are often written as one of these.
_ZERO_POINTS = [
    datetime(year, month, day, tzinfo=UTC).timestamp()
    for year, month, day in (
        (1, 1, 1),
        (1601, 1, 1),
        (1753, 1, 1),
        (1899, 12, 30),
        (1900, 1, 1),
        (1904, 1, 1),
        (1970, 1, 1),
        (1980, 1, 1),
    )
]
_WIDEST_OFFSET = 14 * _HOURS
# If the share of other times before EARLIEST is larger than this, a zero point may be a real time.
_MOST_OLD = 0.01


def may_pass_later(reason: str) -> bool:
    """Whether a row is rejected for a reason that only holds today: a later run may accept it."""
    return reason.startswith(FUTURE) or reason == UNKNOWN_UNIT or UNLIKE_THE_COLUMN in reason


@dataclass(frozen=True)
class TimeColumn:
    """How times are read.

    ``format`` is a unit or pattern of contract.timestamp_format, or ``text``, or both; ``decided`` is how it was found.
    ``seconds`` is SQL from ``epoch``, the column as a number, and ``written``, its text without surrounding blanks, to
    epoch seconds. ``faults`` are SQL conditions, which may also use ``seconds``, and their reasons; where
    ``surely_good`` is true, none of them is. ``given`` is whether dataset.json sets the format.
    """

    format: str
    decided: str
    seconds: str
    faults: list[tuple[str, str]]
    surely_good: str
    given: bool = False

    @property
    def only_orders(self) -> bool:
        """Whether its numbers are an order only, not times."""
        return self.format == ORDER

    def refuses_zero_points(self, ages: Iterable["Ages"]) -> bool:
        """Whether a zero point among the accepted times can only mean a missing time.

        It may be a real time if dataset.json sets the format, or if others are as old.

        Args:
            ages: the ages of all accepted times, in any number of parts.
        """
        if self.given:
            return False
        zeros, old, rows = (sum(counts) for counts in zip(*ages, strict=True))
        return bool(0 < zeros < rows and old <= _MOST_OLD * (rows - zeros))


class Ages(NamedTuple):
    """Of the times in ``accepted``: the number of zero points, of other times before EARLIEST, and of all times."""

    zeros: int
    old: int
    rows: int

    @classmethod
    def of(cls, database: duckdb.DuckDBPyConnection) -> "Ages":
        """Count them."""
        found = database.execute(
            f"SELECT count(*) FILTER (zero), count(*) FILTER (NOT zero AND time < {EARLIEST}), count(*) "
            f"FROM (SELECT time, {is_zero_point('time')} AS zero FROM accepted)"
        ).fetchall()
        return cls(*found[0])


def is_zero_point(seconds: str) -> str:
    """SQL: whether a column of epoch seconds is a zero point, in any time zone."""
    near = " OR ".join(f"abs({seconds} - {point}) <= {_WIDEST_OFFSET}" for point in _ZERO_POINTS)
    return f"({near})"


def latest_possible(started: str) -> float:
    """The latest plausible time, in epoch seconds: a day after the run's start in plan.json."""
    return datetime.fromisoformat(started.replace("Z", "+00:00")).timestamp() + _SLACK


def recognise(timestamp_format: str | None, until: float, counts: Iterable[Sequence[int]]) -> TimeColumn:
    """How to read the time column.

    Args:
        timestamp_format: from dataset.json.
        until: the latest plausible time, in epoch seconds.
        counts: the results of ``unit_counts``, in any number of parts; used only without a format.
    """
    if timestamp_format is None:
        return _by_the_column([sum(each) for each in zip(*counts, strict=True)], until)
    decided = "timestamp_format in input/dataset.json"
    if is_pattern(timestamp_format):
        seconds = time_texts.by_pattern("written", timestamp_format)
        faults = [("seconds IS NULL", f"{NO_MATCH} {timestamp_format}")]
        return TimeColumn(timestamp_format, decided, seconds, faults + _beyond(until), _recent(until), given=True)
    seconds = time_numbers.seconds(timestamp_format)
    faults = [
        ("epoch IS NULL", f"{NO_NUMBER} {timestamp_format}"),
        ("NOT isfinite(epoch)", "time is not finite"),
    ]
    if timestamp_format != ORDER:
        faults += _beyond(until)
    return TimeColumn(timestamp_format, decided, seconds, faults, _recent(until), given=True)


def unit_counts(database: duckdb.DuckDBPyConnection, source: str, until: float) -> Sequence[int]:
    """The counts from which ``recognise`` finds the unit: of rows, of numbers, of numbers with a fraction, and of the
    numbers that fit each unit.

    Args:
        source: an SQL relation with ``epoch`` and ``written`` (see TimeColumn).
        until: the latest plausible time, in epoch seconds.
    """
    units = time_numbers.recognised(until)
    counts = ", ".join(f"count(*) FILTER ({unit.holds()})" for unit in units)
    fractions = " OR ".join(unit.holds() for unit in units if unit.format == EXCEL)
    found: Sequence[int] = database.execute(
        f"SELECT count(*), count(epoch), count(*) FILTER (({fractions}) AND epoch <> floor(epoch)), {counts} "
        f"FROM {source}"
    ).fetchall()[0]
    return found


def _by_the_column(counts: Sequence[int], until: float) -> TimeColumn:
    units = time_numbers.recognised(until)
    rows, numbers, fits, unit = _best(counts, units)
    read = unit.seconds() if unit else "NULL"
    only_numbers = unit is not None and numbers == rows
    seconds = read if only_numbers else f"CASE WHEN epoch IS NULL THEN {time_texts.moment('written')} ELSE {read} END"
    formats = [*([unit.format] if unit else []), *(["text"] if numbers < rows or not unit else [])]
    decided = f"{fits:,} of {numbers:,} numbers are times from 1995 on as {unit.name}" if unit else "each text says it"
    texts = [] if only_numbers else _text_faults()
    faults = [("NOT isfinite(epoch)", "time is not finite"), *texts, *_number_faults(units, unit)]
    return TimeColumn(" and ".join(formats), decided, seconds, faults + _beyond(until), _recent(until))


def _best(counts: Sequence[int], units: list[Unit]) -> tuple[int, int, int, Unit | None]:
    """The number of rows, of numeric ones, and the unit in which most of these are times, if that is the majority."""
    rows, numbers, fractional, *found = counts
    fitting = [
        (fits, unit)
        for fits, unit in zip(found, units, strict=True)
        if fits > numbers / 2 and (unit.format != EXCEL or fractional)
    ]
    fits, unit = max(fitting, key=lambda pair: pair[0], default=(0, None))
    return rows, numbers, fits, unit


def _text_faults() -> list[tuple[str, str]]:
    return [
        (f"epoch IS NULL AND seconds IS NULL AND {condition}", reason)
        for condition, reason in (
            (time_texts.is_object("written"), "time is a JSON object or array, and must be text or a number"),
            (
                time_texts.has_abbreviation("written"),
                "time has a zone by abbreviation, which is not one offset: write +02:00, UTC or Europe/Berlin",
            ),
            ("true", UNREADABLE),
        )
    ]


def _number_faults(units: list[Unit], unit: Unit | None) -> list[tuple[str, str]]:
    if unit is None:
        return [("epoch IS NOT NULL", UNKNOWN_UNIT)]
    others = [
        (f"epoch BETWEEN {other.low!r} AND {other.high!r}", f"time is in {other.name}, {UNLIKE_THE_COLUMN} {unit.name}")
        for other in units
        if other is not unit and other.format != EXCEL  # its numbers are too common to be recognized as times
    ]
    return [
        *others,
        ("epoch IS NOT NULL AND seconds IS NULL", f"time is in another unit, {UNLIKE_THE_COLUMN} {unit.name}"),
    ]


def _recent(until: float) -> str:
    return f"seconds BETWEEN {EARLIEST} AND {until!r}"


def _beyond(until: float) -> list[tuple[str, str]]:
    last = f"{datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M} UTC"
    return [
        (f"seconds > {until!r}", f"{FUTURE}: after {last}, a day beyond the run's start"),
        (f"seconds < {_YEAR_1}", "time is before the year 1"),
    ]
