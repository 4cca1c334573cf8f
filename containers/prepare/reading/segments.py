"""A file in segments of whole lines, read ahead by a thread."""

import codecs
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, cast

# Large enough for DuckDB to divide among its threads, and small compared with its memory.
SEGMENT_BYTES = 33_554_432
_PIECE = 65_536
_UTF8 = ("utf-8", "utf-8-sig")


class SegmentedText:
    """A text that is read piece by piece, or from some position on by segments of bytes.

    Attributes:
        encoding: of the bytes.
        taken: how many segments were read, either way.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.encoding = stream.encoding
        self.taken = 0
        self._segments = segments(cast(IO[bytes], stream.buffer), SEGMENT_BYTES)
        self._decoder = codecs.getincrementaldecoder(stream.encoding)(errors=stream.errors or "strict")
        self._segment = b""

    def pieces(self) -> Iterator[str]:
        """The rest of the text after the segments that were read, decoded."""
        while self.next_segment():
            yield from self.rest_of_segment()
        yield from filter(None, [self._decoder.decode(b"", final=True)])

    def rest_of_segment(self) -> Iterator[str]:
        """The latest segment, decoded."""
        text = self._decoder.decode(self._segment)
        for first in range(0, len(text), _PIECE):
            yield text[first : first + _PIECE]

    def from_line(self, line: int) -> bytes:
        """The first segment from a line on, counted from 1; empty if it is no longer the latest, or not UTF-8."""
        if self.taken != 1 or self.encoding not in _UTF8:
            return b""
        begin = len(codecs.BOM_UTF8) if self._segment.startswith(codecs.BOM_UTF8) else 0
        for _ in range(line - 1):
            begin = self._segment.find(b"\n", begin) + 1
            if not begin:
                return b""
        # Lines may also end otherwise; then this count does not apply.
        head = self._segment[:begin]
        return self._segment[begin:] if head.count(b"\r") == head.count(b"\r\n") else b""

    def next_segment(self) -> bytes:
        """Read the next segment; empty at the end of the text."""
        self._segment = next(self._segments, b"")
        self.taken += 1
        return self._segment


def segments(stream: IO[bytes], longest: int) -> Iterator[bytes]:
    """The stream in pieces of about ``longest`` bytes that end with a line (``\\n``), except the last one.

    The next piece is read and decompressed while the caller processes the current one. A line that is longer is split
    over segments.
    """
    with ThreadPoolExecutor(1) as ahead:
        rest, reading = b"", ahead.submit(stream.read, longest)
        while piece := reading.result():
            reading = ahead.submit(stream.read, longest)
            end = piece.rfind(b"\n") + 1 or len(piece)
            yield rest + piece[:end]
            rest = piece[end:]
        if rest:
            yield rest
