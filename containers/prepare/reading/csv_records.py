"""Splits CSV text into records, each with the line it starts on. A stray quote loses only one line."""

import csv
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from containers.prepare.reading.text_lines import LONGEST_LINE, TOO_LONG, Block

if TYPE_CHECKING:
    import _csv

# (first line of the record, its fields, None) or (line, [that line], what is wrong with it)
Record = tuple[int, list[str], str | None]

BROKEN_QUOTING = "broken quoting"
LONGEST_RECORD = LONGEST_LINE
# The messages of Python's reader if lines end within a field: any other error remains whatever lines follow.
_UNCLOSED = "unexpected end of data"
_NULL = r"\N"
# A setting of the process, not of one reader; a field is limited by its record.
csv.field_size_limit(2 * LONGEST_RECORD)


@dataclass(frozen=True)
class Dialect:
    """How records are split into fields; ``quote`` and ``escape`` are empty if there are none.

    ``spaced``: there are blanks between delimiters and quotes that do not belong to the fields.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    spaced: bool = False

    def reader(self, lines: Iterable[str]) -> "_csv.Reader":
        """Python's own reader, in strict mode."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape or None,
            skipinitialspace=self.spaced,
            strict=True,
        )

    def is_plain(self, text: str) -> bool:
        """Whether the line has no character that could continue the previous record."""
        return not (self.quote and self.quote in text) and not (self.escape and self.escape in text)

    def with_nulls(self, block: Block) -> Block:
        """The block with ``\\N`` fields, which databases write for null, protected so that they are not read as N."""
        if self.escape != "\\" or not any(_NULL in line for line in block.lines):
            return block
        edge = re.escape(self.delimiter)
        field = re.compile(rf"(?<![^{edge}])\\N(?=[{edge}\r\n]|$)")
        return replace(block, lines=[field.sub(r"\\\\N", line) for line in block.lines])

    def of(self, text: str) -> "Dialect":
        """The dialect, with the use of blanks detected in the text: in ``u1, "i1"`` the quotes are not part of the
        id.
        """
        if self.spaced or not self.quote or self.delimiter == " ":
            return self
        spaced = re.search(f"(?:^|[{re.escape(self.delimiter)}\r\n]) +{re.escape(self.quote)}", text)
        return replace(self, spaced=True) if spaced else self


def records(blocks: Iterable[Block], dialect: Dialect) -> Iterator[Record]:
    """The records of RFC 4180 text: quoted fields may contain delimiters, doubled quotes and line breaks.

    Blank lines are skipped. If a record violates the quoting rules (text after a closing quote, or no closing quote
    within LONGEST_RECORD characters), only its first line is rejected and reading continues with the next line, so that
    a stray quote loses one row and not the rest of the file.

    The time is linear in the length of the text, whatever it contains. Rereading from each rejected line would be
    quadratic if each opens a quote. But within a record's lines, a line that opens a quote ends in the same place as
    the record: it need not be reread (_Unread._give_up).
    """
    unread = _Unread(dialect)
    for block in map(dialect.with_nulls, blocks):
        if block.too_long:
            yield from unread.records(end=True)
            yield block.first, block.lines, TOO_LONG
            continue
        text = "".join(block.lines)
        if not unread.lines and dialect.is_plain(text):
            for line, fields in enumerate(dialect.reader(block.lines), block.first):
                if fields:
                    yield line, fields, None
        else:
            unread.add(block)
            unread.dialect = unread.dialect.of(text)
            yield from unread.records(end=False)
    yield from unread.records(end=True)


class _Unread:
    """Lines of a file that are not yet records: those of one block, or of several if a record spans them."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.lines: list[str] = []
        self._first = 1
        self._length_to_read_at = 0

    def add(self, block: Block) -> None:
        """Add the lines that follow."""
        if not self.lines:
            self._first = block.first
        self.lines += block.lines

    def records(self, *, end: bool) -> Iterator[Record]:
        """The records of the lines, except the last one if it continues in lines to come.

        Args:
            end: whether there are no more lines that could belong to the last record.
        """
        if not end and self._length(0) < self._length_to_read_at:
            return
        begin = 0
        while begin < len(self.lines):
            reader = self.dialect.reader(self._from(begin))
            read = 0
            try:
                for fields in reader:
                    if fields:
                        yield self._first + begin + read, fields, None
                    read = reader.line_num
                begin = len(self.lines)
            except csv.Error as error:
                begin, after = begin + read, begin + reader.line_num
                unclosed = str(error) == _UNCLOSED
                if unclosed and not end and self._length(begin) <= LONGEST_RECORD:
                    break
                begin = yield from self._give_up(begin, after, unclosed=unclosed, end=end)
        self.lines, self._first = self.lines[begin:], self._first + begin
        # Not for each block: a record of many blocks would be parsed as many times.
        self._length_to_read_at = self._length(0) * 5 // 4

    def _give_up(self, begin: int, after: int, *, unclosed: bool, end: bool) -> Generator[Record, None, int]:
        """Reject the first line of a broken record, and read each of the others by itself.

        Args:
            begin, after: the record's lines; the error is in the last of them, or, if ``unclosed``, the closing quote
                is missing.

        Returns:
            Where to continue: at the line that may start a record that no line read so far would end.
        """
        length = self._length(begin) if unclosed else 0
        for place in range(begin, after):
            line = self.lines[place]
            fields, opens = self._alone(line) if place > begin else (None, False)
            if opens and (not end and length <= LONGEST_RECORD if unclosed else place == after - 1):
                return place
            if fields is None:
                yield self._first + place, [line.rstrip("\r\n")], BROKEN_QUOTING
            elif fields:
                yield self._first + place, fields, None
            length -= len(line)
        return after

    def _alone(self, line: str) -> tuple[list[str] | None, bool]:
        """The fields of a line by itself, None if it is not a record, and whether it is a record together with later
        lines.
        """
        try:
            return next(self.dialect.reader([line])), False
        except csv.Error as error:
            return None, str(error) == _UNCLOSED

    def _from(self, place: int) -> Iterator[str]:
        """The lines from this position on; a slice would copy them for each rejected record."""
        return map(self.lines.__getitem__, range(place, len(self.lines)))

    def _length(self, place: int) -> int:
        return sum(map(len, self._from(place)))
