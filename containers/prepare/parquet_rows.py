"""Parquet files to the all-text table."""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from containers.prepare import list_text
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
    lists: Collection[str],
    number: int,
    first_row: int,
) -> tuple[int, list[str]]:
    """Add the file's rows to ``table`` and its row groups to ``<table>_groups``.

    ``line`` is the row's number in the file, from 0. Columns become the text that they have in DuckDB, which is
    ISO 8601 for dates and moments. Ids must be text or integers: the decimal form of a float is not one and the
    same from writer to writer. A title of a nested type is none.

    Args:
        lists: columns of the table that may be lists of plain values.

    Returns:
        How many rows that were, and warnings.

    Raises:
        FileFault: when it is no Parquet file, is damaged, or its columns are not usable.
    """
    _require_parquet(file)
    with _plainly_named(file.path) as path:
        try:
            types = {name: str(kind) for name, kind, *_ in _read(database, path, "*", "LIMIT 0").description}
            _require_columns(file, types, columns, lists)
            selected = ", ".join(f"{_text(column, name, types[name])} AS {column}" for column, name in columns.items())
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
    return int(rows), _warnings(file, types, columns)


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


def _require_columns(file: InputFile, types: dict[str, str], columns: dict[str, str], lists: Collection[str]) -> None:
    missing = [name for name in columns.values() if name not in types]
    if missing:
        raise FileFault(missing_columns(file, list(types), missing))
    for column, name in columns.items():
        if column.endswith("_id") and types[name] not in _ID_TYPES:
            raise FileFault(
                f"{file.key}: {column.replace('_', ' ')} is neither text nor an integer: column {name!r} is "
                f"{types[name]}; write it as text or integers (in pandas, Int64 keeps integers with gaps)"
            )
        if column != "title" and _is_nested(types[name]):
            element = _element(types[name])
            if element is None or _is_nested(element):
                raise FileFault(
                    f"{file.key}: {list_text.nested(name, types[name])}; write each part as a column of its own"
                )
            if column not in lists:
                raise FileFault(f"{file.key}: {list_text.misplaced_list(name)}; make it one in input/dataset.json")


def _is_nested(kind: str) -> bool:
    return kind.startswith(("STRUCT", "MAP", "UNION", "VARIANT")) or kind.endswith("]")


def _element(kind: str) -> str | None:
    """The type of a list's elements, None of what is no list."""
    return kind[: kind.rindex("[")] if kind.endswith("]") else None


def _text(column: str, name: str, kind: str) -> str:
    """SQL: the column as text, a list as list_text joins one."""
    if not _is_nested(kind):
        return f"{_quoted(name)}::VARCHAR"
    if column == "title":
        return "NULL"
    between = f"chr({ord(list_text.BETWEEN)})"
    return f"array_to_string([{between} || element::VARCHAR FOR element IN {_quoted(name)} IF element IS NOT NULL], '')"


def _warnings(file: InputFile, types: dict[str, str], columns: dict[str, str]) -> list[str]:
    name = columns.get("title")
    if name is None or not _is_nested(types[name]):
        return []
    return [
        f"{file.key}: the titles in {name!r} are {types[name]}, and not shown; name a column of texts in items.title "
        "of dataset.json."
    ]


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
