"""Reads the elements of a JSON array piece by piece: arrays of objects are often a single line of any length."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from containers.prepare.reading import json_decoding
from containers.prepare.reading.input_files import FileFault, InputFile
from containers.prepare.reading.text_lines import LONGEST_LINE, TOO_LONG

# (line, the value, its text, None) or (line, None, its text, what is wrong with it)
Value = tuple[int, Any, str, str | None]

# A row that is not an object, such as ["u", "i"]: it is treated as an invalid line.
_ARRAY = re.compile(r"\[[ \t\r\n]*([\]{]|$)")
_BETWEEN_ARRAYS = re.compile(r"[ \t\r\n\ufeff\x1e\x00\x1a]*")
_BETWEEN_ELEMENTS_OR_END = re.compile(r"[ \t\r\n,\]]")
_BETWEEN_ELEMENTS = re.compile(r"[ \t\r\n,]*")


def begins_array(text: str) -> bool:
    """Whether a file with this beginning is an array of objects."""
    return _ARRAY.match(text) is not None


def elements(file: InputFile, pieces: Iterable[str]) -> Iterator[Value]:
    """The elements of an array, or of several in sequence. Only one element's text is in memory at a time.

    Raises:
        FileFault: if it is truncated or broken, because it is uncertain where the next element begins.
    """
    unread = _Unread(file, pieces)
    while unread.skip(_BETWEEN_ARRAYS) == "[":
        unread.take(1)
        while (character := unread.skip(_BETWEEN_ELEMENTS)) != "]":
            if not character:
                raise FileFault(f"{file.key} is truncated: its JSON array has no end; upload it again")
            yield unread.element()
        unread.take(1)
    if unread.skip(_BETWEEN_ARRAYS):
        raise unread.fault("text behind it")


class _Unread:
    """The text that is not parsed yet; more is read as needed."""

    def __init__(self, file: InputFile, pieces: Iterable[str]) -> None:
        self._file, self._pieces = file, iter(pieces)
        self._text, self._at, self._line = "", 0, 1

    def skip(self, what: re.Pattern[str]) -> str:
        """Skip what matches; return the next character, empty at the end."""
        while True:
            found = what.match(self._text, self._at)
            self.take(found.end() - self._at if found else 0)
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def take(self, length: int) -> str:
        """Consume the next characters."""
        taken = self._text[self._at : self._at + length]
        self._line += taken.count("\n")
        self._at += length
        return taken

    def element(self) -> Value:
        """The element that begins here.

        Raises:
            FileFault: if there is none, or it is longer than allowed.
        """
        while True:
            try:
                value, fault, end = json_decoding.decoded_at(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > LONGEST_LINE:
                    raise self.fault(f"an object that is broken or {TOO_LONG}") from None
                if not self._more():
                    raise self.fault(f"cut short or broken: {str(error).split(':')[0]}") from None
            else:
                # A number at the end of the text may continue, as may 1.5 in "1.5e".
                if _BETWEEN_ELEMENTS_OR_END.match(self._text, end) or not self._more():
                    line = self._line
                    return line, value, self.take(end - self._at), fault

    def fault(self, what: str) -> FileFault:
        """The error that the file cannot be read from here on."""
        return FileFault(
            f"{self._file.key} is no JSON array from line {self._line} on ({what}), and the start of its next object "
            "is unclear; write one object a line, as jq -c '.[]' FILE does"
        )

    def _more(self) -> bool:
        piece = next(self._pieces, "")
        self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)
