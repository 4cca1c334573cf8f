"""The one place that says which rows are refused and why, in SQL over the all-text table.

A row is refused for the first of its faults, in the order of the columns user, item, value, time.
"""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

from dataclasses import dataclass

import duckdb

from containers.prepare import time_column
from containers.prepare.row_batch import SHOWN_CHARACTERS
from containers.prepare.time_column import ZERO_POINT, TimeColumn, is_zero_point
from contract.dataset import Dataset

LONGEST_ID_BYTES = 1024  # DynamoDB: a partition key is at most 2,048 bytes, an item 400 KB
_LARGEST_FLOAT32 = 3.4028234663852886e38  # a label is float32
BLANKS = r"E' \t\r\n'"


def decimal(column: str) -> str:
    """SQL: decimal text, blanks around it allowed, to a number; DuckDB's cast also takes 1_000, nobody else's."""
    return f"CASE WHEN NOT contains({column}, '_') THEN try_cast({column} AS DOUBLE) END"


def is_blank(column: str) -> str:
    """SQL: whether a text column holds nothing but blanks."""
    return f"trim(coalesce({column}, ''), {BLANKS}) = ''"


def id_faults(column: str, name: str) -> list[tuple[str, str]]:
    """What is wrong with an id: conditions in SQL over a text column, and the reason that each stands for."""
    return [
        (f"coalesce({column}, '') = ''", f"missing {name} id"),
        (is_blank(column), f"blank {name} id"),
        (f"strlen({column}) > {LONGEST_ID_BYTES}", f"{name} id longer than {LONGEST_ID_BYTES:,} bytes"),
    ]


def _value_faults() -> list[tuple[str, str]]:
    return [
        (is_blank("value"), "missing value"),
        ("number IS NULL", "value is not a number"),
        ("NOT isfinite(number)", "value is not finite"),
        (f"abs(number) > {_LARGEST_FLOAT32}", "value is beyond 32-bit floating point"),
    ]


@dataclass(frozen=True)
class Verdict:
    """How many rows were refused: in all, for each reason, and of each file (by its number).

    ``times`` is how the times were read; None without a column of them.
    """

    rejected: int
    by_reason: dict[str, int]
    by_file: dict[int, int]
    times: TimeColumn | None


def judge(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset, until: float) -> Verdict:
    """Divide ``table`` and ``<table>_malformed`` into ``accepted`` and ``rejected``, and drop what text_rows made.

    accepted: row_order, user_id, item_id, value DOUBLE and time DOUBLE in epoch seconds, null without such a column.
    rejected: row_order, file, row_group, line, reason, row (JSON: the fields by name, or a malformed row's text).
    ``row_group`` is null but in Parquet, where ``line`` is the row's number in its group, from 0.

    Args:
        until: the latest time that is believed, in epoch seconds.
    """
    times = _judged(database, table, dataset, until)
    database.execute(
        "CREATE TABLE accepted AS "
        "SELECT row_order, user_id, item_id, number AS value, seconds AS time FROM judged WHERE reason IS NULL"
    )
    refused = "reason IS NOT NULL"
    if times and times.refuses_zero_points(database):
        database.execute(f"DELETE FROM accepted WHERE {is_zero_point('time')}")
        refused += f" OR {is_zero_point('seconds')}"
    database.execute(
        f"""
        CREATE TABLE rejected AS
        WITH refused AS (
            SELECT row_order, file, line, coalesce(reason, '{ZERO_POINT}') AS reason, {_shown_fields(dataset)} AS row
            FROM judged WHERE {refused}
            UNION ALL
            SELECT row_order, file, line, reason, to_json(raw) FROM {table}_malformed
        )
        SELECT row_order, refused.file, row_group, line - coalesce(first_row, 0) AS line, reason, row
        FROM refused ASOF LEFT JOIN {table}_groups AS groups ON refused.file = groups.file AND line >= first_row
        """
    )
    database.execute(f"DROP VIEW judged; DROP TABLE {table}; DROP TABLE {table}_malformed; DROP TABLE {table}_groups")
    by_reason = database.execute("SELECT reason, count(*) FROM rejected GROUP BY reason ORDER BY 2 DESC, 1").fetchall()
    by_file = database.execute("SELECT file, count(*) FROM rejected GROUP BY file").fetchall()
    return Verdict(sum(rows for _, rows in by_reason), dict(by_reason), dict(by_file), times)


def _judged(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset, until: float) -> TimeColumn | None:
    """Make the view ``judged``: the rows of ``table`` with ``number`` and ``seconds``, and why a row is refused."""
    faults = id_faults("user_id", "user") + id_faults("item_id", "item")
    faults += _value_faults() if dataset.value else []
    number = decimal("value") if dataset.value else "NULL::DOUBLE"
    times, seconds, rows, time_case = None, "NULL::DOUBLE", f"(SELECT *, {number} AS number FROM {table})", ""
    if dataset.timestamp:
        rows = (
            f"(SELECT *, {number} AS number, {decimal('time')} AS epoch, trim(time, {BLANKS}) AS written FROM {table})"
        )
        times = time_column.recognise(database, rows, dataset.timestamp_format, until)
        seconds = times.seconds
        time_case = f"WHEN {times.surely_good} THEN NULL {_cases([(is_blank('time'), 'missing time'), *times.faults])}"
    database.execute(
        f"CREATE VIEW judged AS SELECT *, CASE {_cases(faults)} {time_case} END AS reason "
        f"FROM (SELECT *, {seconds} AS seconds FROM {rows})"
    )
    return times


def _cases(faults: list[tuple[str, str]]) -> str:
    return " ".join(f"WHEN {fault} THEN '{reason.replace(chr(39), chr(39) * 2)}'" for fault, reason in faults)


def text_columns(dataset: Dataset) -> dict[str, str]:
    """The columns of the table that ``judge`` reads → the data's own columns."""
    named = {"user_id": dataset.user, "item_id": dataset.item, "value": dataset.value, "time": dataset.timestamp}
    return {column: name for column, name in named.items() if name is not None}


def _shown_fields(dataset: Dataset) -> str:
    fields = [
        f"'{name.replace(chr(39), chr(39) * 2)}', left({column}, {SHOWN_CHARACTERS})"
        for column, name in text_columns(dataset).items()
    ]
    return f"json_object({', '.join(fields)})"
