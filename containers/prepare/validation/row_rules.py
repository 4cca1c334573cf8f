"""The rules by which rows are rejected, as SQL over the all-text table. They are defined only here.

A row is rejected for its first error, in the order of the columns user, item, value, time.
"""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import duckdb

from containers.prepare.reading import blanks
from containers.prepare.reading.row_batch import SHOWN_CHARACTERS
from containers.prepare.reading.sql_text import literal
from containers.prepare.validation import time_column, verdicts
from containers.prepare.validation.time_column import ZERO_POINT, Ages, TimeColumn, is_zero_point
from containers.prepare.validation.verdicts import Verdict
from contract import null_values
from contract.dataset import Dataset

NULL_MARKER = " (a null marker)"  # appended to a reason: there is a text, but it means "no value"
LONGEST_ID_BYTES = 1024  # DynamoDB: a partition key is at most 2,048 bytes, an item 400 KB
_LARGEST_FLOAT32 = 3.4028234663852886e38  # a label is float32
# With NUL, which ends strings in C, and pads CHAR(n) and Parquet's FIXED_LEN_BYTE_ARRAY.
BLANKS = f"('{blanks.BLANKS}' || chr(0))"
Faults = Mapping[str, Sequence[tuple[str, str | None]]]
"""By column, SQL conditions and their reasons. A condition with reason None means that the row is valid and ends the
check.
"""


def decimal(column: str) -> str:
    """SQL: decimal text to a number, surrounding blanks allowed; DuckDB's cast would also accept 1_000 and +-1."""
    return (
        f"CASE WHEN NOT contains({column}, '_') AND NOT contains({column}, '+-') THEN try_cast({column} AS DOUBLE) END"
    )


def is_blank(column: str) -> str:
    """SQL: whether a text column contains only blanks."""
    return f"{trimmed(column)} = ''"


def trimmed(column: str) -> str:
    """SQL: a text column without surrounding blanks, empty if it is null."""
    text = f"coalesce({column}, '')"
    # Trimming takes ten times as long as checking whether it is needed.
    edge = rf"[{blanks.BLANKS}\x00]"
    padded = f"regexp_matches({text}, '^{edge}|{edge}$')"
    return f"CASE WHEN {padded} THEN trim({text}, {BLANKS}) ELSE {text} END"


def is_null_marker(column: str, markers: Sequence[str]) -> str:
    """SQL: whether a text means "no value".

    Args:
        markers: from contract.null_values.
    """
    return _is_one_of(trimmed(column), markers)


def _is_one_of(text: str, texts: Sequence[str]) -> str:
    """SQL: whether a text is in a list. IN would become a join over all rows, even after a condition that few meet."""
    return f"list_contains([{', '.join(map(literal, texts))}]::VARCHAR[], {text})"


def with_plain_ids(table: str, sides: Sequence[str]) -> str:
    """SQL: a table with ``plain_<side>_id`` for each side: the id without surrounding blanks."""
    plain = ", ".join(f"{trimmed(side + '_id')} AS plain_{side}_id" for side in sides)
    return f"(SELECT *, {plain} FROM {table})"


def id_faults(side: str, markers: Sequence[str]) -> list[tuple[str, str]]:
    """The rules for a side's ids: SQL conditions over a table with plain ids, and the reason of each one."""
    plain = f"plain_{side}_id"
    return [
        (f"coalesce({side}_id, '') = ''", f"missing {side} id"),
        (f"{plain} = ''", f"blank {side} id"),
        (_is_one_of(plain, markers), f"missing {side} id{NULL_MARKER}"),
        (f"strlen({plain}) > {LONGEST_ID_BYTES}", f"{side} id longer than {LONGEST_ID_BYTES:,} bytes"),
    ]


def reason_of(faults: Faults) -> str:
    """SQL: the reason of a row's first error, null if there is none."""
    return _first(faults, lambda _, reason: literal(reason))


def refused_value(faults: Faults) -> str:
    """SQL: the text of the column with the first error."""
    return _first(faults, lambda column, _: f"left({column}, {SHOWN_CHARACTERS})")


def _first(faults: Faults, text_of: Callable[[str, str], str]) -> str:
    """SQL: what ``text_of`` returns for the column and reason of the first condition that is met."""
    cases = " ".join(
        f"WHEN {condition} THEN {'NULL' if reason is None else text_of(column, reason)}"
        for column, each in faults.items()
        for condition, reason in each
    )
    return f"CASE {cases} END" if cases else "NULL::VARCHAR"


def _are_plain(database: duckdb.DuckDBPyConnection, table: str, sides: Sequence[str], markers: Sequence[str]) -> bool:
    """Whether no id is padded or invalid: one check of all ids takes a third of the time of validating each."""
    listed = ", ".join(map(literal, ["", *markers]))
    edge = rf"[{blanks.BLANKS}\x00]"
    conditions = " AND ".join(
        f"{side}_id NOT IN ({listed}) AND strlen({side}_id) <= {LONGEST_ID_BYTES} "
        f"AND NOT regexp_matches({side}_id, '^{edge}|{edge}$')"
        for side in sides
    )
    found = database.execute(f"SELECT 1 FROM {table} WHERE ({conditions}) IS NOT true LIMIT 1").fetchall()
    return not found


def _has_value(column: str, markers: Sequence[str]) -> str:
    """SQL: whether a text column of numbers or times contains something that is not blank and not a null marker."""
    value = f"NOT ({is_blank(column)} OR {is_null_marker(column, markers)})"
    # If no null marker is a number, a number is a value: the other two checks take most of the time.
    if any(map(_is_number, markers)):
        return value
    return f"CASE WHEN isfinite({decimal(column)}) THEN true ELSE {value} END"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


_TIME_COLUMNS = f"{decimal('time')} AS epoch, {trimmed('time')} AS written"


def _value_faults(markers: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (is_blank("value"), "missing value"),
        (f"number IS NULL AND {is_null_marker('value', markers)}", f"missing value{NULL_MARKER}"),
        ("number IS NULL", "value is not a number"),
        ("NOT isfinite(number)", "value is not finite"),
        (f"abs(number) > {_LARGEST_FLOAT32}", "value is beyond 32-bit floating point"),
    ]


def _time_faults(times: TimeColumn, markers: Sequence[str]) -> list[tuple[str, str | None]]:
    return [
        (times.surely_good, None),
        (is_blank("time"), "missing time"),
        (f"epoch IS NULL AND {is_null_marker('time', markers)}", f"missing time{NULL_MARKER}"),
        *times.faults,
    ]


def validate(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset, until: float) -> Verdict:
    """Divide ``table`` and ``<table>_malformed`` into ``accepted`` and ``rejected``, and drop the tables of text_rows.

    accepted: row_order, user_id and item_id without surrounding blanks and whether they had any (padded), value DOUBLE
    and time DOUBLE in epoch seconds, null without such a column. rejected: row_order, file, row_group, line, reason,
    value (the text with the error), row (JSON: the fields by name, or a malformed row's text). ``row_group`` is null
    except for Parquet, where ``line`` is the row's number in its group, from 0.

    Args:
        until: the latest plausible time, in epoch seconds.
    """
    counts = [unit_counts(database, table, dataset, until)] if needs_counts(dataset) else []
    times = recognise(dataset, until, counts)
    accept(database, table, dataset, times)
    zeros = times is not None and times.refuses_zero_points(map(Ages.of, [database]))
    return replace(reject(database, table, dataset, zero_points=zeros), times=times)


def needs_counts(dataset: Dataset) -> bool:
    """Whether the format of times is detected from the ``unit_counts`` of all rows."""
    return dataset.timestamp is not None and dataset.timestamp_format is None


def unit_counts(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset, until: float) -> Sequence[int]:
    """The counts from which the format of the times in ``table`` is detected; those of several tables can be added."""
    has_value = _has_value("time", null_values.of_ids_and_numbers(dataset.null_values))
    there = f"(SELECT *, {_TIME_COLUMNS} FROM {table} WHERE {has_value})"
    return time_column.unit_counts(database, there, until)


def recognise(dataset: Dataset, until: float, counts: Iterable[Sequence[int]]) -> TimeColumn | None:
    """How times are read; None without a time column."""
    if not dataset.timestamp:
        return None
    return time_column.recognise(dataset.timestamp_format, until, counts)


def accept(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset, times: TimeColumn | None) -> None:
    """Create ``accepted`` from ``table``, including zero points, and the view ``validated`` for ``reject``."""
    _validate_each(database, table, dataset, times)
    database.execute(
        "CREATE TABLE accepted AS SELECT row_order, plain_user_id AS user_id, plain_item_id AS item_id, "
        "user_id != plain_user_id OR item_id != plain_item_id AS padded, number AS value, seconds AS time "
        "FROM validated WHERE reason IS NULL"
    )


def reject(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset, *, zero_points: bool) -> Verdict:
    """Create ``rejected``, and drop the tables of text_rows.

    Args:
        zero_points: whether zero points are rejected, and removed from ``accepted``.
    """
    validated = "validated"
    if zero_points:
        database.execute(f"DELETE FROM accepted WHERE {is_zero_point('time')}")
        validated = _without_zero_points(database)
    ((padded, accepted),) = database.execute("SELECT count(*) FILTER (padded), count(*) FROM accepted").fetchall()
    if database.execute(f"SELECT count(*) FROM {table}").fetchall() == [(accepted,)]:
        validated = f"(FROM {validated} LIMIT 0)"  # validating each row again would find nothing
    found = verdicts.refuse(database, table, validated, _shown_fields(dataset), "rejected", padded=padded)
    database.execute("DROP VIEW IF EXISTS validated_with_zero_points; DROP VIEW validated")
    database.execute(f"DROP TABLE {table}; DROP TABLE {table}_malformed; DROP TABLE {table}_groups")
    return found


def _validate_each(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset, times: TimeColumn | None) -> None:
    """Create the view ``validated``: the rows of ``table``, with ``number``, ``seconds`` and why a row is rejected."""
    markers = null_values.of_ids_and_numbers(dataset.null_values)
    sides = ("user", "item")
    faults: dict[str, Sequence[tuple[str, str | None]]] = {}
    if _are_plain(database, table, sides, markers):
        rows = f"(SELECT *, user_id AS plain_user_id, item_id AS plain_item_id FROM {table})"
    else:
        rows = with_plain_ids(table, sides)
        faults |= {f"{side}_id": id_faults(side, markers) for side in sides}
    faults |= {"value": _value_faults(markers)} if dataset.value else {}
    columns = f"*, {decimal('value') if dataset.value else 'NULL::DOUBLE'} AS number"
    seconds = "NULL::DOUBLE"
    if times:
        columns += f", {_TIME_COLUMNS}"
        seconds = times.seconds
        faults |= {"time": _time_faults(times, markers)}
    database.execute(
        f"""
        CREATE VIEW validated AS
        SELECT *, {reason_of(faults)} AS reason, {refused_value(faults)} AS refused_value
        FROM (SELECT *, {seconds} AS seconds FROM (SELECT {columns} FROM {rows}))
        """
    )


def _without_zero_points(database: duckdb.DuckDBPyConnection) -> str:
    """Create a view of ``validated`` that also rejects zero points; return its name."""
    zero = f"reason IS NULL AND {is_zero_point('seconds')}"
    database.execute(
        f"""
        CREATE VIEW validated_with_zero_points AS
        SELECT * REPLACE (
            CASE WHEN {zero} THEN {literal(ZERO_POINT)} ELSE reason END AS reason,
            CASE WHEN {zero} THEN left(time, {SHOWN_CHARACTERS}) ELSE refused_value END AS refused_value
        )
        FROM validated
        """
    )
    return "validated_with_zero_points"


def text_columns(dataset: Dataset) -> dict[str, str]:
    """The table columns that ``row_filter`` and ``validate`` read → the data's own columns."""
    named = {"user_id": dataset.user, "item_id": dataset.item, "value": dataset.value, "time": dataset.timestamp}
    found = {column: name for column, name in named.items() if name is not None}
    others = [each.column for each in dataset.where if each.column not in found.values()]
    return found | {f"where_{number}": name for number, name in enumerate(others)}


def _shown_fields(dataset: Dataset) -> str:
    fields = [f"{literal(name)}, left({column}, {SHOWN_CHARACTERS})" for column, name in text_columns(dataset).items()]
    return f"json_object({', '.join(fields)})"
