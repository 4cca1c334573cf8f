"""Opens a file as text: decompressed and decoded."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Literal

from backports import zstd

from containers.prepare.reading import file_kinds
from containers.prepare.reading.input_files import FileFault, InputFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_FIRST_BYTES = 65_536
_Opener = Callable[..., IO[Any]]
_BUFFER_BYTES = 1 << 20
_PACKINGS: tuple[tuple[str, bytes, _Opener], ...] = (
    ("gzip", b"\x1f\x8b", gzip.open),
    ("zstd", b"\x28\xb5\x2f\xfd", zstd.open),
)
# In this order: UTF-32's little-endian mark starts with UTF-16's.
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# This many consecutive multi-byte characters are valid UTF-8 by chance in one of some thousand files in another
# encoding.
_FEWEST_FOR_UTF8 = 4
_CHARACTERS_OF_SEVERAL_BYTES = re.compile(r"[^\x00-\x7f]")
# A lone surrogate, which represents a byte that is invalid in the encoding.
_UNDECODABLE = "\udcff"


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return _UNDECODABLE, error.end


codecs.register_error("prepare.mark", _mark)


@contextmanager
def open_text(file: InputFile, encoding: str, *, newline: Literal["", "\n"]) -> Iterator[io.TextIOWrapper]:
    """The file as text, decompressed if it is gzip or zstd, without a byte order mark, with its line ends unchanged.

    The format is detected by the first bytes, whatever the name; a byte order mark means UTF-8, 16 or 32, whatever
    ``encoding`` is. Bytes that are invalid in the encoding become lone surrogates, and the rows with them are rejected.

    Args:
        newline: line ends: ``\\n``, or, if empty, also ``\\r`` and ``\\r\\n``.

    Raises:
        FileFault: immediately or while it is read, if it has another compression, is not text, or is damaged.
    """
    packing, opener = _packing(file)
    try:
        with file.path.open("rb") as stored, opener(stored, "rb") as raw:
            begin = raw.read(_FIRST_BYTES)
        kind = file_kinds.no_text(begin)
        if kind:
            raise FileFault(f"{file.key} is {kind}")
        other = _is_utf16_after_all(begin, encoding)
        if other:
            raise FileFault(
                f"{file.key} seems to be UTF-16 without a byte order mark, for every other byte of it is zero: set "
                f'"encoding": "{other}" in input/dataset.json'
            )
        if _is_utf8_after_all(begin, encoding):
            raise FileFault(
                f"{file.key} is UTF-8, and input/dataset.json says {encoding}, in which it would be misread: leave "
                "encoding out, or save all files alike"
            )
        with io.BufferedReader(_Reported(file), _BUFFER_BYTES) as reported, opener(reported, "rb") as raw:
            yield io.TextIOWrapper(raw, _encoding(begin, encoding), errors="prepare.mark", newline=newline)
    except EOFError:
        raise FileFault(f"{file.key} is truncated: its {packing} ends too early; upload it again") from None
    except (gzip.BadGzipFile, zlib.error, zstd.ZstdError) as error:
        raise FileFault(f"{file.key} is damaged {packing} ({error}); upload it again") from None


def _packing(file: InputFile) -> tuple[str, _Opener]:
    with file.path.open("rb") as raw:
        begin = raw.read(8)
    return next(((name, opener) for name, magic, opener in _PACKINGS if begin.startswith(magic)), ("file", _as_it_is))


def _as_it_is(stored: IO[bytes], _mode: str) -> IO[bytes]:
    return stored


class _Reported(io.FileIO):
    """A file that reports how many bytes were read from it."""

    def __init__(self, file: InputFile) -> None:
        super().__init__(file.path, "rb")
        self._report = file.report

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        count = super().readinto(buffer)
        self._report(count or 0)
        return count


def _encoding(begin: bytes, encoding: str) -> str:
    return next((name for mark, name in _MARKS.items() if begin.startswith(mark)), encoding)


def _is_utf16_after_all(begin: bytes, encoding: str) -> str:
    """The UTF-16 variant of a file without a mark that is declared otherwise; empty if it is not UTF-16.

    Delimiters, digits and Latin letters have a zero byte at even or odd positions; in other encodings, zero bytes are
    padding, at both.
    """
    if _encoding(begin, encoding) != encoding or codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        return ""
    first, second = (begin[side::2] for side in (0, 1))
    for high, low, name in ((second, first, "utf-16-le"), (first, second, "utf-16-be")):
        if 0 not in low and 3 * high.count(0) > 2 * len(high):
            return name
    return ""


def _is_utf8_after_all(begin: bytes, encoding: str) -> bool:
    """Whether a file that is declared otherwise is UTF-8: text in another encoding is hardly ever valid UTF-8."""
    if codecs.lookup(encoding).name.startswith("utf"):
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        return False
    return len(_CHARACTERS_OF_SEVERAL_BYTES.findall(text)) >= _FEWEST_FOR_UTF8
