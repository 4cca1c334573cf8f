"""Cuts a folder of data into weeks. Runs as a separate process in the environment of ``prepare``, whose readers it
uses.

So times are read here as in the run, and what ``prepare`` reads of all weeks together equals what it would read of the
folder: the same texts in the same order within a week, including rejected rows.
"""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import csv
import json
import math
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import duckdb

from containers.prepare.reading import text_rows
from containers.prepare.reading.input_files import DatabaseLost, data_files
from containers.prepare.validation import row_filter, row_rules, time_advice, time_column
from containers.prepare.workspace import workspace
from contract import dataset as dataset_json
from contract import file_format
from contract.dataset import Dataset
from contract.file_format import FileFormat
from contract.refusal import InputRefused
from contract.side_table import SideTable
from contract.timestamp_format import ORDER

RESULT = "slices.json"
_DAY = 86_400


class Unsliceable(Exception):
    """The data cannot be cut as requested; the message says why, and the fix."""


@dataclass(frozen=True)
class Periods:
    """Equal periods that end with the data's last day (UTC); the first one includes everything before.

    ``end`` is the midnight after the last day, in epoch seconds.
    """

    end: float
    number: int
    days: int

    @classmethod
    def of(cls, first: float, last: float, number: int, days: int) -> "Periods":
        """``number`` periods of ``days`` each.

        Args:
            first, last: times of the earliest and the latest row, in epoch seconds.

        Raises:
            Unsliceable: if the data covers less time.
        """
        end = (math.floor(last / _DAY) + 1.0) * _DAY
        there = math.ceil((end - first) / (days * _DAY))
        if there < number:
            raise Unsliceable(
                f"--weeks {number} is more than the data has: its interactions, from {_day(first)} to {_day(last)}, "
                f"cover {there} of {days} days each; ask for at most {there}, or for fewer --days"
            )
        return cls(end, number, days)

    def until(self, period: int) -> str:
        """The last day of a period, counted from 0."""
        return _day(self.end - (self.number - 1 - period) * self.days * _DAY - _DAY)

    def sql(self, time: str) -> str:
        """SQL: the period of a column of epoch seconds."""
        back = f"ceil(({self.end} - {time}) / {self.days * _DAY})::BIGINT"
        return f"greatest(0, {self.number} - {back})"


class Slice(TypedDict):
    """A period."""

    until: str  # its last day, ISO 8601
    rows: int  # number of interactions


def cut(data: Path, into: Path, *, number: int, days: int, now: datetime) -> list[Slice]:
    """Write ``into/<last day>/`` for each period: the folders in dataset.json, with at most one file each.

    The first also has dataset.json and rules.json. A row that the run will reject goes with the row before it, and a
    row that ``where`` leaves out is in none. A row about an item or a user goes with its first interaction, or with the
    first period if it has none, so that no run has data from the future.

    Args:
        now: with time zone; the runs start later, and so accept no fewer times.

    Returns:
        For each period, the oldest first, ``until``, its last day, and ``rows``, its interactions.

    Raises:
        Unsliceable: if the data has no times, or is too short.
    """
    dataset = _dataset(data)
    with workspace(into) as space:
        database = space.database
        _load(database, "interaction", row_rules.text_columns(dataset), dataset.files, data / "interactions")
        filtered = row_filter.apply(database, "interaction_rows", dataset)
        if filtered.faults:
            raise Unsliceable("; ".join(filtered.faults))
        database.execute("CREATE TABLE copied AS FROM interaction_rows")
        database.execute("CREATE TABLE copied_malformed AS FROM interaction_rows_malformed")
        database.execute("CREATE TABLE copied_groups AS FROM interaction_rows_groups")
        until = time_column.latest_possible(now.isoformat())
        verdict = row_rules.validate(database, "copied", dataset, until)
        advice = time_advice.advice(database, dataset, verdict, _count(database, "interaction_rows"), until)
        periods = _periods(database, number, days, advice)
        database.execute(
            f"CREATE TABLE interaction_periods AS SELECT row_order, coalesce({periods.sql('time')}, 0) AS period "
            "FROM (SELECT row_order FROM interaction_rows UNION ALL SELECT row_order FROM interaction_rows_malformed) "
            "ASOF LEFT JOIN (SELECT row_order AS known, time FROM accepted) ON row_order >= known"
        )
        writer = _Writer(database, periods, into)
        written = writer.write("interaction", row_rules.text_columns(dataset), "interactions", dataset.files.format)
        for side, table in (("user", dataset.users), ("item", dataset.items)):
            if table is not None:
                columns = _side_columns(side, table)
                lists = {column for column, name in columns.items() if name in _categories(table)}
                _load(database, side, columns, table.files, data / f"{side}s", lists=lists)
                _assign_side(database, side, periods)
                writer.write(side, columns, f"{side}s", table.files.format)
    _write_descriptions(data, into / periods.until(0))
    return [{"until": periods.until(period), "rows": written[period]} for period in range(number)]


def _write_descriptions(data: Path, first: Path) -> None:
    """Write dataset.json and rules.json; the slices are rewritten, in UTF-8 and with a header."""
    described = json.loads((data / "dataset.json").read_bytes())
    (first / "dataset.json").write_text(json.dumps(file_format.rewritten(described), indent=2), encoding="utf-8")
    if (data / "rules.json").is_file():
        (first / "rules.json").write_bytes((data / "rules.json").read_bytes())


def _dataset(data: Path) -> Dataset:
    described = data / "dataset.json"
    if not described.is_file():
        raise Unsliceable(f"{data} has no dataset.json, which says what the columns mean")
    try:
        dataset = dataset_json.parse(described.read_bytes())
    except InputRefused as refused:
        raise Unsliceable(str(refused)) from refused
    if dataset.timestamp is None:
        raise Unsliceable(
            f'{described} names no timestamp column, and a simulation needs times to cut weeks: set "timestamp", if '
            "the interactions have such a column"
        )
    if dataset.timestamp_format == ORDER:
        raise Unsliceable(
            f'{described} has timestamp_format "order", whose numbers only give an order, and a simulation needs dates '
            "to cut weeks: use a column of times"
        )
    return dataset


def _load(
    database: duckdb.DuckDBPyConnection,
    name: str,
    columns: dict[str, str],
    written: FileFormat,
    folder: Path,
    *,
    lists: Collection[str] = (),
) -> None:
    files = data_files(folder, f"{folder}/")
    try:
        faults = text_rows.load(database, files, columns, f"{name}_rows", written, lists=lists).faults
    except DatabaseLost as lost:
        faults = [str(lost)]
    if faults:
        raise Unsliceable("; ".join(faults))


def _count(database: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _periods(database: duckdb.DuckDBPyConnection, number: int, days: int, advice: list[str]) -> Periods:
    ((first, last),) = database.execute("SELECT min(time), max(time) FROM accepted").fetchall()
    if first is None:
        raise Unsliceable("; ".join(["the data has no interaction that a run would accept", *advice]))
    return Periods.of(first, last, number, days)


def _side_columns(side: str, table: SideTable) -> dict[str, str]:
    features = [feature.column for feature in table.features]
    found = {f"{side}_id": table.id} | {f"column_{n}": name for n, name in enumerate(features)}
    return found if table.title in (None, *found.values()) else found | {"title": str(table.title)}


def _categories(table: SideTable) -> set[str]:
    return {feature.column for feature in table.features if feature.type == "categories"}


def _assign_side(database: duckdb.DuckDBPyConnection, side: str, periods: Periods) -> None:
    database.execute(
        f"CREATE TABLE {side}_periods AS SELECT row_order, coalesce(begun, 0) AS period "
        f"FROM {row_rules.with_plain_ids(f'{side}_rows', (side,))} LEFT JOIN "
        f"(SELECT {side}_id AS plain_{side}_id, min({periods.sql('time')}) AS begun FROM accepted "
        f"GROUP BY ALL) USING (plain_{side}_id) UNION ALL SELECT row_order, 0 FROM {side}_rows_malformed"
    )


@dataclass(frozen=True)
class _Writer:
    database: duckdb.DuckDBPyConnection
    periods: Periods
    into: Path

    def write(self, name: str, columns: Mapping[str, str], folder: str, written: str) -> list[int]:
        """One file for each period that has rows; returns the row counts."""
        found = dict(self.database.execute(f"SELECT period, count(*) FROM {name}_periods GROUP BY 1").fetchall())
        for period in range(self.periods.number):
            target = self.into / self.periods.until(period) / folder
            target.mkdir(parents=True, exist_ok=True)
            if period in found:
                file = target / f"{self.periods.until(period)}.{written}"
                self._write_one(name, columns, period, file, written)
        return [found.get(period, 0) for period in range(self.periods.number)]

    def _write_one(self, name: str, columns: Mapping[str, str], period: int, file: Path, written: str) -> None:
        named = ", ".join(f"{column} AS {_quoted(given)}" for column, given in columns.items())
        options = {"csv": "csv, HEADER true, FORCE_QUOTE *", "jsonl": "json", "parquet": "parquet"}[written]
        self.database.execute(
            f"COPY (SELECT {named} FROM {name}_rows JOIN {name}_periods USING (row_order) WHERE period = {period} "
            f"ORDER BY row_order) TO {_text(str(file))} (FORMAT {options})"
        )
        malformed = self.database.execute(
            f"SELECT raw FROM {name}_rows_malformed JOIN {name}_periods USING (row_order) WHERE period = {period} "
            "ORDER BY row_order"
        ).fetchall()
        if malformed:
            _append(file, written, (raw for (raw,) in malformed))


def _append(file: Path, file_format: str, malformed: Iterable[str]) -> None:
    """Append rows that no reader accepts: in CSV as a row's only field, so that a stray quote loses no other row."""
    with file.open("a", encoding="utf-8", newline="") as stream:
        if file_format == "csv":
            csv.writer(stream).writerows([raw] for raw in malformed)
        else:
            stream.writelines(raw.replace("\n", " ") + "\n" for raw in malformed)


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def main(data: str, into: str, number: str, days: str) -> None:
    """Cut, and write either the ``slices`` or the ``fault`` to ``into/slices.json``."""
    found: dict[str, Any]
    try:
        found = {"slices": cut(Path(data), Path(into), number=int(number), days=int(days), now=datetime.now(UTC))}
    except Unsliceable as fault:
        found = {"fault": str(fault)}
    (Path(into) / RESULT).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
