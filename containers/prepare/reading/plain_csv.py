"""Reads CSV segments in which each line is a regular record, with DuckDB's reader.

It is several times as fast as csv_records.py, which defines the meaning of any text: where the two might differ, this
reader declines a segment, and csv_records.py reads it. So a declined segment is only slower.
"""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import tempfile
from dataclasses import dataclass

import duckdb

from containers.prepare.reading.blanks import BLANKS
from containers.prepare.reading.csv_header import Header
from containers.prepare.reading.csv_records import Dialect
from containers.prepare.reading.row_batch import LONGEST_FIELD, NotAsManyRows, RowBatch
from containers.prepare.reading.sql_text import literal

# DuckDB rejects longer lines. A segment is divided among its threads in parts of one buffer.
_LONGEST_LINE = 1_000_000
_BUFFER_BYTES = 4_000_000
_ODD = (b"\r", b"\0", b"\x1a")


@dataclass(frozen=True)
class PlainCsv:
    """How a file's segments are read: ``width`` fields in a record, of which the header marks the wanted ones."""

    header: Header
    width: int
    dialect: Dialect

    def load(self, segment: bytes, first_line: int, batch: RowBatch) -> bool:
        """Add a segment's rows, or decline, in which case nothing was added.

        Args:
            segment: whole lines of a file in UTF-8.
            first_line: the segment's first line, counted from 1.
        """
        lines = line_count(segment)
        if segment.count(b"\r") == segment.count(b"\r\n") == lines:
            segment = segment.replace(b"\r\n", b"\n")
        if not self._is_plain(segment, lines):
            return False
        with tempfile.NamedTemporaryFile(dir=batch.scratch_folder(), suffix=".csv") as scratch:
            scratch.write(segment)
            scratch.flush()
            try:
                batch.insert(self._rows(scratch.name, batch.columns), first_line, lines)
            except (duckdb.Error, NotAsManyRows):
                return False
        return True

    def _is_plain(self, segment: bytes, lines: int) -> bool:
        """Whether the bytes have nothing that could make a line something other than a record, or that the two readers
        treat differently.
        """
        quote, escape = self.dialect.quote, self.dialect.escape
        if escape or self.header.in_folders or not f"{self.dialect.delimiter}{quote}".isascii():
            return False
        if any(odd in segment for odd in _ODD) or segment.startswith(b"\n") or b"\n\n" in segment:
            return False
        delimiters = self.dialect.delimiter.encode()
        if not quote or quote.encode() not in segment:
            right = segment.count(delimiters) == lines * (self.width - 1)
        else:
            # Blanks next to quotes may not belong to a field, and DuckDB ignores a delimiter at the end of a line.
            odd = (f" {quote}".encode(), f"{quote} ".encode(), delimiters + b"\n")
            right = not any(each in segment for each in odd) and not segment.endswith(delimiters)
        return right and (segment.isascii() or _is_utf8(segment))

    def _rows(self, path: str, names: list[str]) -> str:
        """SQL: ``place`` and the wanted fields of each record; an error if a record is irregular."""
        wanted = [f"c{place}" for place in self.header.places()]
        columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(self.width))
        options = {
            "auto_detect": "false",
            "header": "false",
            "strict_mode": "true",
            "null_padding": "false",
            "delim": literal(self.dialect.delimiter),
            "quote": literal(self.dialect.quote),
            "escape": literal(self.dialect.quote),
            "comment": "''",
            "nullstr": "''",
            "new_line": "'\\n'",
            "max_line_size": _LONGEST_LINE,
            "buffer_size": _BUFFER_BYTES,
            "columns": f"{{{columns}}}",
        }
        read = f"read_csv({literal(path)}, {', '.join(f'{name} = {value}' for name, value in options.items())})"
        fields = ", ".join(f"coalesce({field}, '') AS {name}" for field, name in zip(wanted, names, strict=True))
        first = f"CASE WHEN {self._is_odd(names)} THEN error('odd') ELSE {names[0]} END AS {names[0]}"
        return f"SELECT * REPLACE ({first}) FROM (SELECT row_number() OVER () - 1 AS place, {fields} FROM {read})"

    def _is_odd(self, names: list[str]) -> str:
        """SQL: whether a record may be blank, which is not a row, or repeats the header, or has a field that is too
        long.
        """
        header_again = f"{names[0]} IN ({', '.join(map(literal, sorted(self.header.unusual() - {''})))})"
        # "!" is the first character that is not a blank; multi-byte characters begin with \x80 or above.
        maybe_blank = " AND ".join(f"({name} < '!' OR {name} >= chr(128))" for name in names)
        blank = rf"regexp_full_match(concat({', '.join(names)}), '[{BLANKS}]*')"
        too_long = " OR ".join(f"strlen({name}) > {LONGEST_FIELD}" for name in names)
        return f"{header_again} OR ({maybe_blank} AND {blank}) OR {too_long}"


def line_count(segment: bytes) -> int:
    """The number of lines in a segment."""
    return segment.count(b"\n") + (not segment.endswith(b"\n"))


def _is_utf8(segment: bytes) -> bool:
    try:
        segment.decode()
    except UnicodeDecodeError:
        return False
    return True
