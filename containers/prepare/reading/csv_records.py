"""CSV text to records, each with the line it begins on, and none lost to a stray quote."""

import csv
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from containers.prepare.reading.text_lines import LONGEST_LINE, TOO_LONG, Block

if TYPE_CHECKING:
    import _csv

# (line of the record's beginning, its fields, None) or (line, [that line], what is wrong with it)
Record = tuple[int, list[str], str | None]

BROKEN_QUOTING = "broken quoting"
LONGEST_RECORD = LONGEST_LINE
# What Python's reader says when lines end within a field: all else it says is wrong whatever lines follow.
_UNCLOSED = "unexpected end of data"
_NULL = r"\N"
# Of one process, not of one reader; a field is bounded by its record.
csv.field_size_limit(2 * LONGEST_RECORD)


@dataclass(frozen=True)
class Dialect:
    """How records are divided into fields; ``quote`` and ``escape`` are empty where there are none.

    ``spaced``: there are blanks between delimiters and quotes, which are no part of the fields.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    spaced: bool = False

    def reader(self, lines: Iterable[str]) -> "_csv.Reader":
        """Python's own, strict one."""
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
        """Whether it holds no character that could make a line a part of the record before it."""
        return not (self.quote and self.quote in text) and not (self.escape and self.escape in text)

    def with_nulls(self, block: Block) -> Block:
        """The block with its fields ``\\N``, as databases write null, so that they are read as that and not as N."""
        if self.escape != "\\" or not any(_NULL in line for line in block.lines):
            return block
        edge = re.escape(self.delimiter)
        field = re.compile(rf"(?<![^{edge}])\\N(?=[{edge}\r\n]|$)")
        return replace(block, lines=[field.sub(r"\\\\N", line) for line in block.lines])

    def of(self, text: str) -> "Dialect":
        """The dialect with what the text says of blanks: in ``u1, "i1"`` the quotes are no part of the id."""
        if self.spaced or not self.quote or self.delimiter == " ":
            return self
        spaced = re.search(f"(?:^|[{re.escape(self.delimiter)}\r\n]) +{re.escape(self.quote)}", text)
        return replace(self, spaced=True) if spaced else self


def records(blocks: Iterable[Block], dialect: Dialect) -> Iterator[Record]:
    """The records of RFC 4180 text: quoted fields may hold delimiters, doubled quotes and line ends.

    Blank lines are no records. Where a record breaks the quoting (text behind a closing quote, or no closing quote
    within LONGEST_RECORD characters), only its first line is given up and reading goes on with the next line, so that
    a stray quote costs one row and not the rest of the file.

    The time is linear in the text whatever it holds. Reading anew from each line that is given up would be quadratic
    where each opens a quote. But within a record's lines, a line that opens a quote comes to the same end as the
    record: it needs no reading (_Unread._give_up).
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
    """Lines of a file that are not yet records: those of one block, or of more if a record goes on in the next."""

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
        """The records of the lines, but for the last one if it goes on in lines to come.

        Args:
            end: no lines are to come that could be a part of the last record.
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
        # Not at each block: a record of many blocks would be read that often.
        self._length_to_read_at = self._length(0) * 5 // 4

    def _give_up(self, begin: int, after: int, *, unclosed: bool, end: bool) -> Generator[Record, None, int]:
        """Give up the first line of a broken record, and read each of its others by itself.

        Args:
            begin, after: the record's lines; what broke it is in the last of them, or is missing if ``unclosed``.

        Returns:
            Where reading goes on: at the line that may begin a record which no line read so far would end.
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
        """The fields of a line by itself, None if it is no record, and whether it is one with lines behind it."""
        try:
            return next(self.dialect.reader([line])), False
        except csv.Error as error:
            return None, str(error) == _UNCLOSED

    def _from(self, place: int) -> Iterator[str]:
        """The lines from there on; a slice would copy them for each record that is given up."""
        return map(self.lines.__getitem__, range(place, len(self.lines)))

    def _length(self, place: int) -> int:
        return sum(map(len, self._from(place)))
