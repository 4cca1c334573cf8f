"""Parquet files to the all-text table."""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from containers.prepare.input_files import FileFault, InputFile, missing_columns

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_ID_TYPES = {"VARCHAR", *_INTEGERS, *(f"U{name}" for name in _INTEGERS)}
_MAGIC = b"PAR1"


def load_file(
    database: duckdb.DuckDBPyConnection,
    file: InputFile,
    columns: dict[str, str],
    table: str,
    *,
    number: int,
    first_row: int,
) -> int:
    """Add the file's rows to ``table`` and its row groups to ``<table>_groups``; return how many rows that were.

    ``line`` is the row's number in the file, from 0. Columns become the text that they have in DuckDB, which is
    ISO 8601 for dates and moments. Ids must be text or integers: the decimal form of a float is not one and the
    same from writer to writer.

    Raises:
        FileFault: when it is no Parquet file, is damaged, or its columns are not usable.
    """
    _require_parquet(file)
    with _plainly_named(file.path) as path:
        try:
            types = {name: str(kind) for name, kind, *_ in _read(database, path, "*", "LIMIT 0").description}
            _require_columns(file, types, columns)
            selected = ", ".join(f"{_quoted(name)}::VARCHAR AS {column}" for column, name in columns.items())
            rows = _read(database, path, "count(*)").fetchall()[0][0]
            source = "read_parquet($path, hive_partitioning = false, file_row_number = true)"
            database.execute(
                f"INSERT INTO {table} SELECT $first + file_row_number, $number, file_row_number, {selected} "
                f"FROM {source}",
                {"path": path, "first": first_row, "number": number},
            )
            database.execute(
                f"INSERT INTO {table}_groups SELECT $number, id, sum(size) OVER (ORDER BY id) - size FROM "
                "(SELECT DISTINCT row_group_id AS id, row_group_num_rows AS size FROM parquet_metadata($path))",
                {"path": path, "number": number},
            )
        except duckdb.Error as error:
            if not _is_damaged(path):
                raise  # the database's own trouble: no memory, no disk
            told = str(error).splitlines()[0].replace(path, file.key)
            raise FileFault(f"{file.key} is damaged Parquet ({told}); upload it again") from None
    return int(rows)


def _require_parquet(file: InputFile) -> None:
    size = file.path.stat().st_size
    with file.path.open("rb") as stream:
        begins = stream.read(len(_MAGIC)) == _MAGIC
        stream.seek(max(0, size - len(_MAGIC)))
        ends = stream.read() == _MAGIC
    if not begins:
        raise FileFault(f"{file.key} is not Parquet, and format in input/dataset.json is parquet for all files")
    if not ends or size < 3 * len(_MAGIC):
        raise FileFault(f"{file.key} is truncated: its Parquet footer is missing; upload it again")


def _require_columns(file: InputFile, types: dict[str, str], columns: dict[str, str]) -> None:
    missing = [name for name in columns.values() if name not in types]
    if missing:
        raise FileFault(missing_columns(file, list(types), missing))
    for column, name in columns.items():
        if column.endswith("_id") and types[name] not in _ID_TYPES:
            raise FileFault(
                f"{file.key}: {column.replace('_', ' ')} is neither text nor an integer: column {name!r} is "
                f"{types[name]}; write it as text or integers (in pandas, Int64 keeps integers with gaps)"
            )


def _read(database: duckdb.DuckDBPyConnection, path: str, what: str, rest: str = "") -> duckdb.DuckDBPyConnection:
    return database.execute(f"SELECT {what} FROM read_parquet($path, hive_partitioning = false) {rest}", {"path": path})


def _is_damaged(path: str) -> bool:
    """Whether the file alone, without our tables and their disk, cannot be read either."""
    with duckdb.connect() as database:
        try:
            _read(database, path, "bit_xor(hash(COLUMNS(*)))")
        except duckdb.OutOfMemoryException:
            return False
        except duckdb.Error:
            return True
    return False


@contextmanager
def _plainly_named(path: Path) -> Iterator[str]:
    """The file under a name without ``*``, ``?`` and ``[``, which DuckDB would match with other files' names."""
    with TemporaryDirectory(prefix="parquet-") as folder:
        link = Path(folder) / "file.parquet"
        link.symlink_to(path.resolve())
        yield str(link)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
