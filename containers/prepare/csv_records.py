"""CSV text to records, each with the line it begins on, and none lost to a stray quote."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

# (line of the record's beginning, its fields, None) or (line, [that line], what is wrong with it)
Record = tuple[int, list[str], str | None]

BROKEN_QUOTING = "broken quoting"


def records(stream: Iterable[str]) -> Iterator[Record]:
    """The records of RFC 4180 text: quoted fields may hold commas, doubled quotes and line ends.

    Blank lines are no records. Where a record breaks the quoting (text behind a closing quote, no
    closing quote, or a field beyond ``csv.field_size_limit``), only its first line is given up and
    reading goes on with the next line, so that a stray quote costs one row and not the rest of the file.
    """
    unread = iter(stream)
    again: deque[str] = deque()
    current: list[str] = []
    consumed = 0

    def lines() -> Iterator[str]:
        while again:
            current.append(again.popleft())
            yield current[-1]
        for line in unread:
            current.append(line)
            yield line

    while True:
        try:
            for fields in csv.reader(lines(), strict=True):
                if fields:
                    yield consumed + 1, fields, None
                consumed += len(current)
                current.clear()
        except csv.Error:
            first, *rest = current
            yield consumed + 1, [first.rstrip("\r\n")], BROKEN_QUOTING
            consumed += 1
            again.extendleft(reversed(rest))
            current.clear()
        else:
            return
