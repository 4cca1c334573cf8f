"""Which files are data, how one is opened as text, and what to say of one that cannot be used."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from backports import zstd

_Opener = Callable[..., IO[Any]]
_PACKINGS: tuple[tuple[str, bytes, _Opener], ...] = (
    ("gzip", b"\x1f\x8b", gzip.open),
    ("zstd", b"\x28\xb5\x2f\xfd", zstd.open),
)
# What would else be read as lines of rubbish, which a reject_limit might let pass.
_UNREADABLE = {
    b"PAR1\x15": "Parquet",
    b"Obj\x01": "Avro",
    b"PK\x03\x04": "a ZIP archive",
    b"BZh91AY&SY": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_SHOWN_CHARACTERS = 200


class FileFault(Exception):
    """A file as a whole cannot be used; the message names it, what is wrong and the mend."""


@dataclass(frozen=True)
class InputFile:
    """A file, and the key by which the user knows it: ``input/interactions/2026/part-1.csv``."""

    path: Path
    key: str


def data_files(folder: Path, prefix: str) -> list[InputFile]:
    """The files under ``folder`` that hold data, ordered by key, whose bytes decide alike everywhere.

    Names beginning with ``_`` or ``.`` (of the file or a folder on its way) are other tools' marks, as
    in Hive and Spark; so are files of zero bytes, which S3 consoles and committers leave behind.

    Args:
        folder: where the container finds the input; it need not exist.
        prefix: of the keys, ending in a slash.
    """
    found = []
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and path.stat().st_size and not any(part.startswith(("_", ".")) for part in parts):
            found.append(InputFile(path, prefix + "/".join(parts)))
    return sorted(found, key=lambda file: file.key.encode("utf-8", "surrogateescape"))


def missing_columns(file: InputFile, columns: list[str], missing: list[str]) -> str:
    """What to say of a file that has not exactly one column of each name."""
    names = ", ".join(repr(name) for name in missing)
    shown = ", ".join(repr(name[:_SHOWN_CHARACTERS]) for name in columns)
    return (
        f"{file.key} must have exactly one column {names}; its columns are {shown}; "
        "mend the header, or name the right column in input/dataset.json"
    )


@contextmanager
def open_text(file: InputFile, *, newline: Literal["", "\n"]) -> Iterator[IO[str]]:
    """The file as text, unpacked if it is gzip or zstd, without a byte order mark, its line ends untouched.

    The first bytes say what it is, whatever its name. Bytes that are not UTF-8 become lone surrogates, for the
    rows that hold them to be refused.

    Args:
        newline: where lines end: at ``\\n``, or, if empty, at ``\\r`` and ``\\r\\n`` as well.

    Raises:
        FileFault: now or while it is read, when it is packed otherwise, or damaged.
    """
    with file.path.open("rb") as raw:
        begin = raw.read(max(map(len, _UNREADABLE)))
    for magic, kind in _UNREADABLE.items():
        if begin.startswith(magic):
            raise FileFault(f"{file.key} is {kind}, and must be text, plain or packed with gzip or zstd")
    packing, opened = next(
        ((name, opener) for name, magic, opener in _PACKINGS if begin.startswith(magic)), ("file", open)
    )
    with opened(file.path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline=newline) as stream:
        try:
            yield stream
        except EOFError:
            raise FileFault(f"{file.key} is truncated: its {packing} ends too early; upload it again") from None
        except (gzip.BadGzipFile, zlib.error, zstd.ZstdError) as error:
            raise FileFault(f"{file.key} is damaged {packing} ({error}); upload it again") from None
