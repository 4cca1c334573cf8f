"""The refused rows, written where the user can look them up."""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

import json
from pathlib import Path

import duckdb

from containers.prepare.input_files import InputFile
from contract.run_plan import part_name

_EXAMPLES = 3


def write(database: duckdb.DuckDBPyConnection, table: str, files: list[InputFile], folder: Path) -> None:
    """Write ``table``'s rows to ``folder`` as gzipped JSON lines, in reading order; nothing if nothing was refused.

    {file, line, reason, row}, and of Parquet {file, row_group, row_in_group, reason, row}, where both count from 0.
    """
    rows, grouped = database.execute(f"SELECT count(*), count(row_group) FROM {table}").fetchall()[0]
    if not rows:
        return
    place = "row_group, line AS row_in_group" if grouped else "line"
    folder.mkdir(parents=True, exist_ok=True)
    target = str(folder / f"{part_name(0)}.jsonl.gz").replace("'", "''")
    database.execute(
        f"""
        COPY (SELECT list_extract($keys, file + 1) AS file, {place}, reason, row FROM {table} ORDER BY row_order)
        TO '{target}' (FORMAT json, COMPRESSION gzip)
        """,
        {"keys": [file.key for file in files]},
    )


def examples(database: duckdb.DuckDBPyConnection, files: list[InputFile]) -> str:
    """The first few refused rows in words."""
    rows = database.execute(
        f"SELECT file, row_group, line, reason, row::VARCHAR FROM rejected ORDER BY row_order LIMIT {_EXAMPLES}"
    ).fetchall()
    return "; ".join(
        f"{files[file].key} {_place(group, line)}: {reason}: {json.dumps(json.loads(row), ensure_ascii=False)}"
        for file, group, line, reason, row in rows
    )


def _place(group: int | None, line: int) -> str:
    return f"line {line}" if group is None else f"row group {group} row {line}"
