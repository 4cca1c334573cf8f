"""Batches of rows from one file, on their way into the database."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import numpy as np

NOT_UTF8 = "not UTF-8"  # or another encoding
SHOWN_CHARACTERS = 200  # of a rejected row
# For a column that is used. DuckDB processes 2,048 rows at a time: longer texts would take too much memory.
LONGEST_FIELD = 16_384
FIELD_TOO_LONG = f"a field longer than {LONGEST_FIELD:,} characters"
_BATCH_ROWS = 65_536
_BATCH_CHARACTERS = 4_194_304
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_utf8(text: str) -> bool:
    """Whether the text can be encoded: no lone surrogate, which represents a byte that is not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class NotAsManyRows(Exception):
    """A reader returned a different number of rows than there are lines."""


class RowBatch:
    """Batches of some ten thousand rows from one file, on their way into the database."""

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        table: str,
        columns: list[str],
        *,
        file: int,
        first_row: int,
        encoding: str = "UTF-8",
    ) -> None:
        self._database, self._table, self._columns, self._file = database, table, columns, file
        self._next_row = self._first_row = first_row
        self._undecodable = f"not {encoding}"
        self._good = _Rows()
        self._malformed = _Rows()

    @property
    def rows(self) -> int:
        return self._next_row - self._first_row

    def within_memory(self, pieces: Iterable[str]) -> Iterator[str]:
        """The pieces of a file's text; batches are flushed whenever much text has been read."""
        read = 0
        for piece in pieces:
            read += len(piece)
            if read > _BATCH_CHARACTERS:
                self.flush()
                read = 0
            yield piece

    @property
    def columns(self) -> list[str]:
        """The text columns of the table."""
        return self._columns

    def insert(self, rows: str, first_line: int, lines: int) -> None:
        """Add the rows of ``lines`` lines, each of them one row, that DuckDB reads itself.

        Args:
            rows: SQL, a relation with ``place``, from 0 and without gaps, and the table's text columns.

        Raises:
            NotAsManyRows, duckdb.Error: nothing was added.
        """
        self.flush()
        names = ", ".join(self._columns)
        self._database.begin()
        try:
            ((added,),) = self._database.execute(
                f"INSERT INTO {self._table} "
                f"SELECT {self._next_row} + place, {self._file}, {first_line} + place, {names} FROM ({rows})"
            ).fetchall()
        except BaseException:
            self._database.rollback()
            raise
        if added != lines:
            self._database.rollback()
            raise NotAsManyRows
        self._database.commit()
        self._next_row += lines

    def scratch_folder(self) -> Path:
        """The folder to which DuckDB spills data that does not fit into memory."""
        ((folder,),) = self._database.execute("SELECT current_setting('temp_directory')").fetchall()
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)  # DuckDB creates it when it first spills
        return path

    def add(self, line: int, fields: tuple[str, ...]) -> None:
        good = self._good
        good.add(self._next_row, line, fields)
        self._next_row += 1
        if len(good.lines) == _BATCH_ROWS:
            self.flush()

    def add_malformed(self, line: int, reason: str, raw: str) -> None:
        self._malformed.add(self._next_row, line, (reason, legible(raw)))
        self._next_row += 1
        if len(self._malformed.lines) == _BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Insert the rows as NumPy arrays: no text format in between could change them."""
        columns = list(zip(*self._good.fields, strict=True))
        if any(max(map(len, column)) > LONGEST_FIELD or not is_utf8("".join(column)) for column in columns):
            self._part()
        self._insert(self._table, self._columns, self._good)
        self._insert(f"{self._table}_malformed", ["reason", "raw"], self._malformed)
        self._good, self._malformed = _Rows(), _Rows()

    def _part(self) -> None:
        """Separate malformed rows: those with a field that cannot be encoded, or is too long for any value."""
        mixed, self._good = self._good, _Rows()
        for order, line, fields in zip(mixed.orders, mixed.lines, mixed.fields, strict=True):
            if not is_utf8("".join(fields)):
                self._malformed.add(order, line, (self._undecodable, legible(",".join(fields))))
            elif max(map(len, fields)) > LONGEST_FIELD:
                self._malformed.add(order, line, (FIELD_TOO_LONG, legible(",".join(fields))))
            else:
                self._good.add(order, line, fields)

    def _insert(self, table: str, columns: list[str], rows: "_Rows") -> None:
        if not rows.lines:
            return
        texts = zip(*rows.fields, strict=True)
        arrays = {name: np.array(column, dtype=object) for name, column in zip(columns, texts, strict=True)}
        arrays["row_order"] = np.array(rows.orders, dtype=np.int64)
        arrays["line"] = np.array(rows.lines, dtype=np.int64)
        self._database.register("batch", arrays)
        names = ", ".join(columns)
        self._database.execute(f"INSERT INTO {table} SELECT row_order, {self._file}, line, {names} FROM batch")
        self._database.unregister("batch")


class _Rows:
    """Row numbers, lines and fields in parallel flat lists, which the garbage collector need not traverse."""

    def __init__(self) -> None:
        self.orders: list[int] = []
        self.lines: list[int] = []
        self.fields: list[tuple[str, ...]] = []

    def add(self, order: int, line: int, fields: tuple[str, ...]) -> None:
        self.orders.append(order)
        self.lines.append(line)
        self.fields.append(fields)


def legible(text: str) -> str:
    """The beginning of a text that may not be encodable, for messages."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text[:SHOWN_CHARACTERS])
