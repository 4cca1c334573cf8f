"""Text in blocks of whole lines, each limited in length, whatever the file contains."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Literal

# A hundred thousand columns of 40 characters each. Anything longer is not a row, and reading it whole could take any
# amount of memory.
LONGEST_LINE = 4_194_304
TOO_LONG = f"longer than {LONGEST_LINE:,} characters"
_CHUNK = 65_536
_SHOWN_OF_LONG = 1_000


@dataclass(frozen=True)
class Block:
    """Lines with their line ends; the first of them is line ``first`` of the file, counted from 1.

    ``too_long``: it is the beginning of a single line beyond LONGEST_LINE, whose rest was skipped.
    """

    first: int
    lines: list[str]
    too_long: bool = False


def chunks(stream: IO[str]) -> Iterator[str]:
    """A stream piece by piece."""
    return iter(lambda: stream.read(_CHUNK), "")


def blocks(pieces: Iterable[str], newline: Literal["", "\n"], first: int = 1) -> Iterator[Block]:
    """All lines of a text, some hundred at a time.

    Args:
        pieces: the text, read with the same ``newline``.
        newline: line ends: ``\\n``, or, if empty, also ``\\r`` and ``\\r\\n``.
        first: the number of the first line.
    """
    rest, passing_over = "", False
    for piece in pieces:
        lines = io.StringIO(rest + piece, newline=newline).readlines()
        # A line that ends with \r may continue with \n.
        rest = "" if lines[-1].endswith("\n") else lines.pop()
        if lines and (passing_over or len(lines[0]) > LONGEST_LINE):
            begin = lines.pop(0)
            if not passing_over:
                yield Block(first, [begin[:_SHOWN_OF_LONG]], too_long=True)
            first, passing_over = first + 1, False
        if lines:
            yield Block(first, lines)
            first += len(lines)
        if passing_over or len(rest) > LONGEST_LINE:
            if not passing_over:
                yield Block(first, [rest[:_SHOWN_OF_LONG]], too_long=True)
            rest, passing_over = rest[-1:], True
    if rest and not passing_over:
        yield Block(first, [rest])
