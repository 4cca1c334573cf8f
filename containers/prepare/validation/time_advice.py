"""Suggests how to describe times in dataset.json if they were rejected."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from collections.abc import Iterable
from datetime import UTC, datetime

import duckdb

from containers.prepare.validation import time_numbers, time_texts
from containers.prepare.validation.row_rules import decimal
from containers.prepare.validation.time_column import UNKNOWN_UNIT, UNREADABLE
from containers.prepare.validation.verdicts import Verdict
from contract.dataset import Dataset
from contract.timestamp_format import EXCEL, UNITS

_DATES = (
    *("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y", "%m-%d-%Y", "%d-%m-%Y", "%m-%d-%y"),
    *("%d-%m-%y", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y"),
    *("%a %b %d %Y", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m"),
)
_CLOCKS = ("", "%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%H", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S %z", "%H:%M:%S GMT%z")
_BETWEEN = (" ", ", ", "T", ":", "-")
_OTHERS = (
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S %z %Y",
    "%Y-%m-%d-%H.%M.%S.%f",
    "%m%d%Y",
    "%d%m%Y",
    "%y%m%d",
    "%Y",
)
_UNITS = (EXCEL, "days")
_MOST_TEXTS = 5_000  # enough to include a 13th day of a month, and read within a second
_FITS = 0.99  # of the texts: a few may have errors of their own
_SIEVED = 3
_SHOWN = 4
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC).timestamp()


def advice(
    database: duckdb.DuckDBPyConnection, dataset: Dataset, verdict: Verdict, rows: int, until: float
) -> list[str]:
    """A sentence if more rows than reject_limit allows were rejected because of the format of their times.

    It names every pattern and unit that reads (nearly) all of them, among the common ones.

    Args:
        rows: how many were read.
        until: the latest plausible time, in epoch seconds.
    """
    refused = sum(verdict.by_reason.get(reason, 0) for reason in (UNREADABLE, UNKNOWN_UNIT))
    if dataset.timestamp is None or not refused or refused <= dataset.reject_limit * rows:
        return []
    _collect(database, dataset.timestamp)
    fitting = _fitting(database, until)
    ((least, most, example),) = database.execute(
        f"SELECT min({decimal('written')}), max({decimal('written')}), min(written) FROM unread"
    ).fetchall()
    database.execute("DROP TABLE unread")
    shown = (
        f"numbers from {least:.15g} to {most:.15g}" if verdict.by_reason.get(UNKNOWN_UNIT) else f"such as {example!r}"
    )
    return [f"the times in column {dataset.timestamp!r}, {shown}, {_advice(fitting)}"]


def _advice(fitting: list[tuple[str, str, str]]) -> str:
    if not fitting:
        return (
            "are in no unit or format that topx recognizes; set timestamp_format in input/dataset.json: "
            f"one of {', '.join(UNITS)} (order: numbers that only order all interactions, such as those of weeks), "
            'or a strptime pattern such as "%m/%d/%Y %H:%M"'
        )
    choices = " or ".join(
        f'"timestamp_format": "{name}" (then they are from {first} to {last})' for name, first, last in fitting[:_SHOWN]
    )
    which = "if that is right, add it" if len(fitting) == 1 else "add the right one"
    return f"fit {choices}; {which} to input/dataset.json"


def _collect(database: duckdb.DuckDBPyConnection, column: str) -> None:
    """Create ``unread`` with distinct texts of rejected times."""
    pointer = "/" + column.replace("~", "~0").replace("/", "~1")
    database.execute(
        "CREATE TEMP TABLE unread AS SELECT DISTINCT trim(row ->> $pointer) AS written FROM rejected "
        "WHERE reason IN ($unreadable, $unknown) ORDER BY md5(written) LIMIT $most",
        {"pointer": pointer, "unreadable": UNREADABLE, "unknown": UNKNOWN_UNIT, "most": _MOST_TEXTS},
    )


def _fitting(database: duckdb.DuckDBPyConnection, until: float) -> list[tuple[str, str, str]]:
    """Units and patterns that read the texts, each with the dates of the earliest and latest time that it gives."""
    ways = {pattern: (time_texts.by_pattern("written", pattern), _EARLIEST) for pattern in _likely(database)}
    ways |= {unit: (time_numbers.seconds(unit), time_numbers.EARLIEST) for unit in _UNITS}
    found = []
    for name, (seconds, earliest) in ways.items():
        read, first, last = database.execute(
            f"SELECT count(*) / (SELECT count(*) FROM unread), min(seconds), max(seconds) FROM "
            f"(SELECT {seconds} AS seconds FROM (SELECT written, {decimal('written')} AS epoch FROM unread)) "
            f"WHERE seconds BETWEEN {earliest} AND {until}"
        ).fetchall()[0]
        if read >= _FITS:
            found.append((name, _day(first), _day(last)))
    return found


def _likely(database: duckdb.DuckDBPyConnection) -> Iterable[str]:
    """The patterns with which Python reads at least one of a few texts: this quickly excludes most."""
    texts = [text for (text,) in database.execute(f"SELECT written FROM unread LIMIT {_SIEVED}").fetchall()]
    return (pattern for pattern in _patterns() if any(_reads(pattern, text) for text in texts))


def _reads(pattern: str, text: str) -> bool:
    try:
        datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True


def _patterns() -> Iterable[str]:
    for date in _DATES:
        yield date
        yield from (f"{date}{between}{clock}" for between in _BETWEEN for clock in _CLOCKS if clock)
    yield from _OTHERS


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
