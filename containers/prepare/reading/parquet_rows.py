"""Reads Parquet files into the all-text table."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from containers.prepare.reading import file_kinds
from containers.prepare.reading.input_files import DatabaseLost, FileFault, InputFile
from containers.prepare.reading.parquet_columns import ParquetSource

_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"


def load_file(
    database: duckdb.DuckDBPyConnection,
    file: InputFile,
    columns: dict[str, str],
    table: str,
    *,
    lists: Collection[str],
    number: int,
    first_row: int,
) -> tuple[int, list[str]]:
    """Add the file's rows to ``table`` and its row groups to ``<table>_groups``.

    ``line`` is the row's number in the file, from 0. Columns become their text in DuckDB, which is ISO 8601 for dates
    and times. Ids must be text, bytes in UTF-8, UUIDs or integers: writers differ in the decimal form of floats. A
    value of a nested type is not used as a title.

    Args:
        lists: columns of the table that may be lists of plain values.

    Returns:
        The number of rows, and warnings.

    Raises:
        FileFault: if it is not Parquet, is damaged, or its columns are unusable.
        DatabaseLost: if it is damaged in a way that makes DuckDB invalidate the whole database.
    """
    _require_parquet(file)
    with _plainly_named(file.path) as path:
        try:
            source = ParquetSource.of(database, file, path)
            selected = source.selected(columns, lists)
            ((rows,),) = database.execute(
                f"INSERT INTO {table} SELECT $first + file_row_number, $number, file_row_number, {selected} "
                f"FROM {source.table}",
                {"path": path, "first": first_row, "number": number},
            ).fetchall()
            database.execute(
                f"INSERT INTO {table}_groups SELECT $number, id, sum(size) OVER (ORDER BY id) - size FROM "
                "(SELECT DISTINCT row_group_id AS id, row_group_num_rows AS size FROM parquet_metadata($path))",
                {"path": path, "number": number},
            )
        except (duckdb.Error, RuntimeError) as error:  # the latter for a column name that is not UTF-8
            if not (_is_of_a_text(error) or _is_damaged(path)):
                raise  # a problem of the database itself: no memory, no disk space
            named = isinstance(error, duckdb.Error)
            text = str(error).splitlines()[0].replace(path, file.key) if named else "a column's name is not UTF-8"
            fault = f"{file.key} is damaged Parquet ({text}); upload it again"
            raise FileFault(fault) if _is_usable(database) else DatabaseLost(fault) from None
    file.report(file.path.stat().st_size)
    return int(rows), source.warnings(columns)


def _require_parquet(file: InputFile) -> None:
    size = file.path.stat().st_size
    with file.path.open("rb") as stream:
        begin = stream.read(file_kinds.FIRST_BYTES)
        stream.seek(max(0, size - len(_MAGIC)))
        end = stream.read()
    if begin.startswith(_ENCRYPTED):
        raise FileFault(f"{file.key} is encrypted Parquet; write it without encryption, the bucket has its own")
    if not begin.startswith(_MAGIC):
        kind = file_kinds.name_of(begin)
        but = f" but {kind}" if kind else ""
        raise FileFault(f"{file.key} is not Parquet{but}, and format in input/dataset.json is parquet for all files")
    if end != _MAGIC or size < 3 * len(_MAGIC):
        raise FileFault(f"{file.key} is truncated: its Parquet footer is missing; upload it again")


def _is_usable(database: duckdb.DuckDBPyConnection) -> bool:
    """Whether the database still answers: DuckDB invalidates it after an error that it regards as internal."""
    try:
        database.execute("SELECT 1")
    except duckdb.FatalException:
        return False
    return True


def _is_of_a_text(error: Exception) -> bool:
    """Whether a name or a value of the file is not UTF-8, which only some ways of reading it detect."""
    return not isinstance(error, duckdb.Error) or "Invalid unicode" in str(error)


def _is_damaged(path: str) -> bool:
    """Whether the file cannot be read even by itself, without our tables and their disk."""
    with duckdb.connect() as database:
        try:
            query = "SELECT bit_xor(hash(COLUMNS(*))) FROM read_parquet($path, hive_partitioning = false)"
            database.execute(query, {"path": path})
        except duckdb.OutOfMemoryException:
            return False
        except duckdb.Error:
            return True
    return False


@contextmanager
def _plainly_named(path: Path) -> Iterator[str]:
    """A link to the file whose name has no ``*``, ``?`` or ``[``, which DuckDB would treat as a glob pattern."""
    with TemporaryDirectory(prefix="parquet-") as folder:
        link = Path(folder) / "file.parquet"
        link.symlink_to(path.resolve())
        yield str(link)
