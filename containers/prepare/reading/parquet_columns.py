"""Finds the wanted columns of a Parquet file, and how to turn each into text."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import re
from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from containers.prepare.reading import list_text
from containers.prepare.reading.header_advice import missing_columns
from containers.prepare.reading.input_files import FileFault, InputFile
from containers.prepare.reading.sql_text import literal

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_ID_TYPES = {"VARCHAR", "UUID", *_INTEGERS, *(f"U{name}" for name in _INTEGERS)}
_NO_TYPE = '"NULL"'  # the type of a column that its writer knew to be empty
_WHOLE_DECIMAL = re.compile(r"DECIMAL\(\d+,0\)")
_FRACTIONS = re.compile(r"FLOAT|DOUBLE|DECIMAL\(.*\)")


@dataclass(frozen=True)
class ParquetSource:
    """A file as DuckDB reads it: its columns are c0, c1 and so on, whatever their names.

    DuckDB's names are case-insensitive, and some are reserved (file_row_number).
    """

    database: duckdb.DuckDBPyConnection
    file: InputFile
    path: str
    names: list[str]
    types: list[str]

    @classmethod
    def of(cls, database: duckdb.DuckDBPyConnection, file: InputFile, path: str) -> "ParquetSource":
        """Read its schema."""
        types = [str(kind) for _, kind, *_ in database.execute(f"FROM {_reader()} LIMIT 0", {"path": path}).description]
        return cls(database, file, path, _top_level_names(database, path), types)

    @property
    def table(self) -> str:
        """SQL: the file as a table, with the parameter $path."""
        return f"{_reader()} AS source({', '.join(f'c{place}' for place in range(len(self.names)))})"

    def selected(self, columns: dict[str, str], lists: Collection[str]) -> str:
        """SQL: the wanted columns as text, with lists joined as in list_text.

        Args:
            lists: columns of the table that may be lists of plain values.

        Raises:
            FileFault: if a column is missing, occurs more than once, or has an unusable type.
        """
        missing = [name for name in columns.values() if self.names.count(name) != 1 and not self._is_in_folders(name)]
        if missing:
            raise FileFault(missing_columns(self.file.key, self.names, missing))
        return ", ".join(f"{self._text(column, name, lists)} AS {column}" for column, name in columns.items())

    def warnings(self, columns: dict[str, str]) -> list[str]:
        """Warnings about titles whose type cannot be shown."""
        name = columns.get("title")
        kind = self.types[self.names.index(name)] if name in self.names else ""
        if not _is_nested(kind):
            return []
        return [
            f"{self.file.key}: the titles in {name!r} are {kind}, and not shown; name a column of texts in items.title "
            "of dataset.json."
        ]

    def _is_in_folders(self, name: str) -> bool:
        return name not in self.names and name in self.file.partitions

    def _text(self, column: str, name: str, lists: Collection[str]) -> str:
        if self._is_in_folders(name):
            return literal(self.file.partitions[name])
        place = self.names.index(name)
        kind = self.types[place]
        if kind == _NO_TYPE:
            return "NULL::VARCHAR"
        if kind == "BLOB":
            self._require_utf8(place)
            return f"decode(c{place})"
        if column.endswith("_id") and kind not in _ID_TYPES and not _WHOLE_DECIMAL.fullmatch(kind):
            self._require_empty(column, place)
        if not column.endswith("_id") and _is_nested(kind):
            return self._joined(column, place, lists)
        return f"c{place}::VARCHAR"

    def _joined(self, column: str, place: int, lists: Collection[str]) -> str:
        if column == "title":
            return "NULL::VARCHAR"
        name, kind = self.names[place], self.types[place]
        element = kind[: kind.rindex("[")] if kind.endswith("]") else None
        if element is None or _is_nested(element):
            raise FileFault(f"{self.file.key}: {list_text.nested(name, kind)}; write each part as a column of its own")
        if column not in lists:
            raise FileFault(f"{self.file.key}: {list_text.misplaced_list(name)}; make it one in input/dataset.json")
        between = f"chr({ord(list_text.BETWEEN)})"
        return f"array_to_string([{between} || part::VARCHAR FOR part IN c{place} IF part IS NOT NULL], '')"

    def _require_utf8(self, place: int) -> None:
        wrong = self._count(f"c{place} IS NOT NULL AND try(decode(c{place})) IS NULL")
        if wrong:
            raise FileFault(
                f"{self.file.key}: column {self.names[place]!r} is bytes (BLOB), which in {wrong:,} of "
                f"{self._count('true'):,} rows are not UTF-8; write it as text"
            )

    def _require_empty(self, column: str, place: int) -> None:
        """A column without values may have any type: its rows are treated as lacking an id."""
        kind = self.types[place]
        no_number = f" AND NOT isnan(c{place})" if kind in ("FLOAT", "DOUBLE") else ""
        if not self._count(f"c{place} IS NOT NULL{no_number}"):
            return
        raise FileFault(
            f"{self.file.key}: {column.replace('_', ' ')} is neither text nor an integer: column {self.names[place]!r} "
            f"is {kind}; {self._fix(place, kind)}"
        )

    def _fix(self, place: int, kind: str) -> str:
        if _is_nested(kind):
            return "name a column that holds one value, not several"
        if _FRACTIONS.fullmatch(kind) and not self._count(f"c{place} != trunc(c{place})"):
            return "all its values are whole, so write it as integers (in pandas, Int64 keeps integers with gaps)"
        return "write it as text or integers (in pandas, Int64 keeps integers with gaps)"

    def _count(self, condition: str) -> int:
        query = f"SELECT count(*) FROM {self.table} WHERE {condition}"
        return int(self.database.execute(query, {"path": self.path}).fetchall()[0][0])


def _is_nested(kind: str) -> bool:
    return kind.startswith(("STRUCT", "MAP", "UNION", "VARIANT")) or kind.endswith("]")


def _reader() -> str:
    return "read_parquet($path, hive_partitioning = false)"


def _top_level_names(database: duckdb.DuckDBPyConnection, path: str) -> list[str]:
    """The column names as in the file, where they may differ only by case, or not at all."""
    query = "SELECT name, coalesce(num_children, 0) FROM parquet_schema($path)"
    (_, left), *below = database.execute(query, {"path": path}).fetchall()
    names: list[str] = []
    inside = 0
    for name, children in below:
        if not inside and len(names) < left:
            names.append(name)
        else:
            inside -= 1
        inside += children
    return names
