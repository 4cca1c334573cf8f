"""What the times of a column are, decided for the whole column, as SQL that gives epoch seconds.

A number says nothing of its unit: 1714557600 are seconds of 2024 and milliseconds of January 1970. So the column is
read in that unit in which most of its numbers are times between 1971 and the run's start; the rest is refused, row by
row. Texts say what they are, each by itself (time_texts).
"""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

from dataclasses import dataclass

import duckdb

from containers.prepare import time_texts
from contract.time_format import NUMBERS

# Before, only zeros and units that are misread; long before the first of any data that people recommend by.
_FIRST = 31_536_000.0  # 1971-01-01
# Clocks differ, and a day's export may be stamped by its end.
_SLACK = 86_400.0
_EXCEL_1970 = 25_569
_LAST_YEAR = 253_402_300_800.0  # 10000-01-01
_DAY = 86_400.0

FUTURE = "time is later than the start of this run"
BEFORE = "time is before 1971, unlike most of the column"
OTHER_UNIT = "time is not in the unit of most of the column"
NO_MATCH = "time does not match timestamp_format"

# SQL over ``epoch``: the seconds that a number stands for. A date in digits can be nothing else, so it comes first.
_DIGITS = {"yyyymmdd": "%Y%m%d", "yyyymmddhhmm": "%Y%m%d%H%M", "yyyymmddhhmmss": "%Y%m%d%H%M%S"}
_WHOLE = "CASE WHEN epoch = trunc(epoch) AND epoch BETWEEN 0 AND 1e15 THEN epoch::BIGINT::VARCHAR END"
_SECONDS = {
    **{
        word: f"CASE WHEN strlen({_WHOLE}) = {len(word)} THEN epoch(try_strptime({_WHOLE}, '{pattern}')) END"
        for word, pattern in _DIGITS.items()
    },
    "seconds": "epoch",
    "milliseconds": "epoch / 1e3",
    "microseconds": "epoch / 1e6",
    "nanoseconds": "epoch / 1e9",
    "excel": f"round((epoch - {_EXCEL_1970}) * {_DAY}, 3)",
    "days": f"epoch * {_DAY}",
}
_DECIDED = [word for word in _SECONDS if word != "days"]
ORDER = "order"
ORDER_READ_AS = "numbers that only order the rows"
_LABELS = {
    **NUMBERS,
    **{word: f"dates in digits, {word}" for word in _DIGITS},
    ORDER: ORDER_READ_AS,
}


@dataclass(frozen=True)
class TimeColumn:
    """``seconds`` is SQL over ``time`` (text) and ``epoch`` (the text as a number, null where it is none).

    ``faults`` are conditions over these and ``seconds``, with their reasons. ``read_as`` says in words what the times
    are; ``is_clock`` whether they are moments, and not just an order.
    """

    seconds: str
    faults: list[tuple[str, str]]
    read_as: str
    is_clock: bool = True


def decide(database: duckdb.DuckDBPyConnection, table: str, number: str, given: str | None, clock: float) -> TimeColumn:
    """What the column ``time`` of ``table`` is.

    Args:
        number: SQL, the text as a number.
        given: ``timestamp_format`` of dataset.json, if it has one.
        clock: when the run started, epoch seconds.
    """
    latest = clock + _SLACK
    if given is not None and given not in NUMBERS:
        return _of_pattern(given, latest)
    unit = given or _unit(database, table, number, latest)
    if unit is None:
        return TimeColumn(time_texts.SECONDS, [*time_texts.FAULTS, (f"seconds > {latest}", FUTURE)], "text")
    seconds = f"CASE WHEN epoch IS NULL THEN {time_texts.SECONDS} ELSE {_SECONDS.get(unit, 'epoch')} END"
    faults = [*time_texts.FAULTS]
    if unit == ORDER or given == "days":
        faults.append((f"abs(seconds) >= {_LAST_YEAR} OR (epoch IS NULL AND seconds > {latest})", FUTURE))
    else:
        faults += [
            (f"seconds IS NULL OR seconds >= {_LAST_YEAR}", OTHER_UNIT),
            (f"seconds > {latest}", FUTURE),
        ]
    if given is None and unit != ORDER:
        faults.append((f"epoch IS NOT NULL AND seconds < {_FIRST}", BEFORE))
    return TimeColumn(seconds, faults, _LABELS[unit], is_clock=unit != ORDER)


def _of_pattern(pattern: str, latest: float) -> TimeColumn:
    literal = pattern.replace("'", "''")
    seconds = f"epoch(try_strptime({time_texts.TEXT}, '{literal}'))"
    return TimeColumn(seconds, [("seconds IS NULL", NO_MATCH), (f"seconds > {latest}", FUTURE)], pattern)


def _unit(database: duckdb.DuckDBPyConnection, table: str, number: str, latest: float) -> str | None:
    """The unit of the column's numbers; ``ORDER`` where they are times in none; None where it has none."""
    counts = ", ".join(
        f"count(*) FILTER ({_SECONDS[word]} BETWEEN {_FIRST} AND {latest}) AS {word}" for word in _DECIDED
    )
    row = database.execute(
        f"SELECT count(*) AS numbers, {counts} FROM (SELECT {number} AS epoch FROM {table}) WHERE isfinite(epoch)"
    ).fetchnumpy()
    numbers = int(row["numbers"][0])
    plausible = {word: int(row[word][0]) for word in _DECIDED}
    best = max(_DECIDED, key=lambda word: plausible[word])  # of equals the first
    if not numbers:
        return None
    # Two units in one column have half of it each: still times, half of which will be refused.
    return best if 2 * sum(sorted(plausible.values())[-2:]) > numbers else ORDER
