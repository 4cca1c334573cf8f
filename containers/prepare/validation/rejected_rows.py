"""Writes the rejected rows to files where the user can inspect them."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import json
from pathlib import Path

import duckdb

from containers.prepare.reading.input_files import InputFile
from containers.prepare.reading.sql_text import literal
from contract.run_plan import part_name

_EXAMPLES = 3


def write(database: duckdb.DuckDBPyConnection, table: str, files: list[InputFile], folder: Path) -> None:
    """Write the rows of ``table`` to ``folder`` as gzipped JSON lines, in reading order; nothing if there are none.

    {file, line, reason, row}, and for Parquet {file, row_group, row_in_group, reason, row}, both counted from 0.
    """
    rows, grouped = database.execute(f"SELECT count(*), count(row_group) FROM {table}").fetchall()[0]
    if not rows:
        return
    place = "row_group, line AS row_in_group" if grouped else "line"
    folder.mkdir(parents=True, exist_ok=True)
    target = literal(str(folder / f"{part_name(0)}.jsonl.gz"))
    database.execute(
        f"""
        COPY (SELECT list_extract($keys, file + 1) AS file, {place}, reason, row FROM {table} ORDER BY row_order)
        TO {target} (FORMAT json, COMPRESSION gzip)
        """,
        {"keys": [file.key for file in files]},
    )


def examples(database: duckdb.DuckDBPyConnection, table: str, files: list[InputFile]) -> str:
    """The most frequent rejected values as text, each with the position of its first row.

    Each reason's most frequent value comes before any reason's second one; frequent reasons come first.
    """
    rows = database.execute(
        f"""
        WITH alike AS (SELECT reason, value, count(*) AS rows, min(row_order) AS first FROM {table} GROUP BY ALL),
        ranked AS (
            SELECT first, rows, row_number() OVER (PARTITION BY reason ORDER BY rows DESC, first) AS place,
                   sum(rows) OVER (PARTITION BY reason) AS of_reason
            FROM alike
        )
        SELECT file, row_group, line, reason, row::VARCHAR, rows FROM ranked JOIN {table} ON row_order = first
        ORDER BY place, of_reason DESC, first LIMIT {_EXAMPLES}
        """
    ).fetchall()
    return "; ".join(
        f"{place(files[file], group, line)}: {reason}: {json.dumps(json.loads(row), ensure_ascii=False)}"
        f"{f' and {alike - 1:,} more like it' if alike > 1 else ''}"
        for file, group, line, reason, row, alike in rows
    )


def place(file: InputFile, group: int | None, line: int) -> str:
    """The position of a row as text; ``group`` is the row group in Parquet, and then ``line`` is the row in it."""
    return f"{file.key} {f'line {line}' if group is None else f'row group {group} row {line}'}"
