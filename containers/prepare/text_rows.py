"""Files to one all-text table of rows, each with its file and line; nothing is interpreted yet.

Rows whose shape is wrong go to a second table with the reason. Whatever format the files have, this
is what they become, and ``row_rules`` judges.
"""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

import duckdb
import numpy as np

from containers.prepare.csv_records import Record, records
from containers.prepare.input_files import FileFault, InputFile, open_text

TOO_FEW_FIELDS = "too few fields"
TOO_MANY_FIELDS = "too many fields"
NOT_UTF8 = "not UTF-8"
SHOWN_CHARACTERS = 200  # of a refused row
_BATCH_ROWS = 65_536


@dataclass
class Reading:
    """What was read: rows of each file in order, and the faults of whole files."""

    files: list[InputFile]
    rows: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def load(database: duckdb.DuckDBPyConnection, files: list[InputFile], columns: dict[str, str], table: str) -> Reading:
    """Fill ``table`` (row_order, file, line, and a text column for each of ``columns``) from CSV files.

    Also fills ``<table>_malformed`` (row_order, file, line, reason, raw). ``row_order`` counts the rows of
    all files together, from 0; ``file`` is an index into ``files``; ``line`` counts from 1.

    Args:
        columns: the table's column → the file's column. Files may order theirs differently and have others.
    """
    names = "".join(f", {name} VARCHAR" for name in columns)
    position = "row_order BIGINT, file INTEGER, line BIGINT"
    database.execute(f"CREATE TABLE {table} ({position}{names})")
    database.execute(f"CREATE TABLE {table}_malformed ({position}, reason VARCHAR, raw VARCHAR)")
    reading = Reading(files)
    for number, file in enumerate(files):
        batch = _Batch(database, table, list(columns), file=number, first_row=sum(reading.rows))
        try:
            with open_text(file) as stream:
                _load_file(file, stream, columns, batch)
        except FileFault as fault:
            reading.faults.append(str(fault))
        batch.flush()
        reading.rows.append(batch.rows)
    return reading


def _load_file(file: InputFile, stream: Iterable[str], columns: dict[str, str], batch: "_Batch") -> None:
    found = records(stream)
    header = _header(file, found)
    missing = [name for name in columns.values() if header.count(name) != 1]
    if missing:
        raise FileFault(_missing_columns(file, header, missing))
    width = len(header)
    wanted = itemgetter(*(header.index(name) for name in columns.values()))
    for line, fields, fault in found:
        if fault is None and len(fields) == width:
            batch.add(line, wanted(fields))
        else:
            reason = fault or (TOO_FEW_FIELDS if len(fields) < width else TOO_MANY_FIELDS)
            batch.add_malformed(line, reason, ",".join(fields))


def _header(file: InputFile, found: Iterator[Record]) -> list[str]:
    _, header, fault = next(found, (0, [], "it is empty"))
    if fault:
        raise FileFault(f"{file.key} has no header: {fault}; its first row must name the columns")
    if not _is_utf8("".join(header)):
        raise FileFault(f"{file.key} is not UTF-8: its header cannot be read; save the file as UTF-8")
    return header


def _missing_columns(file: InputFile, header: list[str], missing: list[str]) -> str:
    names = ", ".join(repr(name) for name in missing)
    shown = ", ".join(repr(name[:SHOWN_CHARACTERS]) for name in header)
    return (
        f"{file.key} must have exactly one column {names}; its columns are {shown}; "
        "mend the header, or name the right column in input/dataset.json"
    )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, in place of a byte that is not UTF-8
        return False
    return True


class _Batch:
    """Rows of one file on their way into the database, some ten thousands at a time."""

    def __init__(
        self, database: duckdb.DuckDBPyConnection, table: str, columns: list[str], *, file: int, first_row: int
    ) -> None:
        self._database, self._table, self._columns, self._file = database, table, columns, file
        self._next_row = self._first_row = first_row
        self._good = _Rows()
        self._malformed = _Rows()

    @property
    def rows(self) -> int:
        return self._next_row - self._first_row

    def add(self, line: int, fields: tuple[str, ...]) -> None:
        self._good.add(self._next_row, line, fields)
        self._next_row += 1
        if len(self._good.lines) == _BATCH_ROWS:
            self.flush()

    def add_malformed(self, line: int, reason: str, raw: str) -> None:
        self._malformed.add(self._next_row, line, (reason, _legible(raw)))
        self._next_row += 1
        if len(self._malformed.lines) == _BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Hand the rows over as numpy arrays: no text in between that could be read back differently."""
        if not all(_is_utf8("".join(column)) for column in zip(*self._good.fields, strict=True)):
            self._part_by_encoding()
        self._insert(self._table, self._columns, self._good)
        self._insert(f"{self._table}_malformed", ["reason", "raw"], self._malformed)
        self._good, self._malformed = _Rows(), _Rows()

    def _part_by_encoding(self) -> None:
        mixed, self._good = self._good, _Rows()
        for order, line, fields in zip(mixed.orders, mixed.lines, mixed.fields, strict=True):
            if _is_utf8("".join(fields)):
                self._good.add(order, line, fields)
            else:
                self._malformed.add(order, line, (NOT_UTF8, _legible(",".join(fields))))

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
    """Row numbers, lines and fields side by side: flat lists, which the garbage collector need not walk."""

    def __init__(self) -> None:
        self.orders: list[int] = []
        self.lines: list[int] = []
        self.fields: list[tuple[str, ...]] = []

    def add(self, order: int, line: int, fields: tuple[str, ...]) -> None:
        self.orders.append(order)
        self.lines.append(line)
        self.fields.append(fields)


def _legible(text: str) -> str:
    return text[:SHOWN_CHARACTERS].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
