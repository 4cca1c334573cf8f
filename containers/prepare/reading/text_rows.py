"""Reads all files into one all-text table of rows, each with its file and position; nothing is interpreted yet.

Malformed rows go to a second table with the reason. Files of every format become this table, which ``row_rules``
validates.
"""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial

import duckdb

from containers.prepare.reading import csv_rows, parquet_rows
from containers.prepare.reading.input_files import FileFault, InputFile
from containers.prepare.reading.json_rows import JsonFields, JsonRows
from containers.prepare.reading.row_batch import RowBatch
from contract.file_format import FileFormat


@dataclass
class Reading:
    """The result of reading: rows of each file in order, errors about whole files, and warnings.

    ``fields`` is set only for JSON.
    """

    files: list[InputFile]
    rows: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    fields: JsonFields | None = None

    @classmethod
    def of_parts(cls, parts: Iterable["Reading"]) -> "Reading":
        """The result for all files, from the results of ``load_some`` in the order of files."""
        whole = cls([])
        for part in parts:
            whole.files += part.files
            whole.rows += part.rows
            whole.faults += part.faults
            whole.warnings += part.warnings
            if part.fields:
                whole.fields = whole.fields.followed_by(part.fields) if whole.fields else part.fields
        if whole.fields:
            whole.faults += whole.fields.faults()
        return whole


def load(
    database: duckdb.DuckDBPyConnection,
    files: list[InputFile],
    columns: dict[str, str],
    table: str,
    written: FileFormat,
    *,
    lists: Collection[str] = (),
) -> Reading:
    """Create ``table`` (row_order, file, line, and a text column for each of ``columns``) from all files.

    Also fills ``<table>_malformed`` (row_order, file, line, reason, raw), and for Parquet ``<table>_groups`` (file,
    row_group, first_row). ``row_order`` counts the rows of all files together, from 0; ``file`` is an index into
    ``files``; ``line`` counts from 1, in Parquet the file's rows from 0.

    Args:
        columns: the table's column → the file's column. Files may have them in another order, and have more columns.
        written: the format of the files.
        lists: columns of the table that may contain JSON or Parquet lists, whose elements are joined by
            ``list_text.BETWEEN``.
    """
    return Reading.of_parts([load_some(database, files, columns, table, written, lists=lists)])


def load_some(
    database: duckdb.DuckDBPyConnection,
    files: list[InputFile],
    columns: dict[str, str],
    table: str,
    written: FileFormat,
    *,
    lists: Collection[str] = (),
) -> Reading:
    """Like ``load``, for some of the files: errors that need all files are added by ``Reading.of_parts``."""
    names = "".join(f", {name} VARCHAR" for name in columns)
    position = "row_order BIGINT, file INTEGER, line BIGINT"
    database.execute(f"CREATE TABLE {table} ({position}{names})")
    database.execute(f"CREATE TABLE {table}_malformed ({position}, reason VARCHAR, raw VARCHAR)")
    database.execute(f"CREATE TABLE {table}_groups (file INTEGER, row_group INTEGER, first_row BIGINT)")
    if written.format == "parquet":
        return _load_parquet(database, files, columns, table, lists)
    if written.format == "csv":
        read = partial(csv_rows.load_file, columns=columns, written=written)
        return _load_text(database, files, columns, table, encoding=written.encoding_name, load_file=read)
    rows = JsonRows(columns, written, lists)
    reading = _load_text(database, files, columns, table, encoding=written.encoding_name, load_file=rows.load_file)
    reading.warnings += rows.warnings()
    reading.fields = rows.fields
    return reading


def _load_text(
    database: duckdb.DuckDBPyConnection,
    files: list[InputFile],
    columns: dict[str, str],
    table: str,
    *,
    encoding: str,
    load_file: Callable[[InputFile, RowBatch], None],
) -> Reading:
    reading = Reading(files)
    for number, file in enumerate(files):
        batch = RowBatch(
            database,
            table,
            list(columns),
            file=number,
            first_row=sum(reading.rows),
            encoding=encoding,
        )
        try:
            load_file(file, batch)
        except FileFault as fault:
            reading.faults.append(str(fault))
        batch.flush()
        reading.rows.append(batch.rows)
    return reading


def _load_parquet(
    database: duckdb.DuckDBPyConnection,
    files: list[InputFile],
    columns: dict[str, str],
    table: str,
    lists: Collection[str],
) -> Reading:
    reading = Reading(files)
    for number, file in enumerate(files):
        rows = 0
        try:
            rows, warnings = parquet_rows.load_file(
                database, file, columns, table, lists=lists, number=number, first_row=sum(reading.rows)
            )
            reading.warnings += warnings
        except FileFault as fault:
            reading.faults.append(str(fault))
        reading.rows.append(rows)
    return reading
