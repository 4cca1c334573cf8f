"""Which files are data, and how one is opened as text."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_GZIP_MAGIC = b"\x1f\x8b"


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


@contextmanager
def open_text(file: InputFile) -> Iterator[IO[str]]:
    """The file as text, unpacked if it is gzip, without a byte order mark, its line ends untouched.

    Bytes that are not UTF-8 become lone surrogates, for the rows that hold them to be refused.

    Raises:
        FileFault: now or while it is read, when its gzip is broken.
    """
    with file.path.open("rb") as raw:
        packed = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    if file.key.endswith(".gz") and not packed:
        raise FileFault(f"{file.key} is named .gz but is not gzip; compress it, or drop .gz from its name")
    opened = gzip.open if packed else open
    with opened(file.path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        try:
            yield stream
        except EOFError:
            raise FileFault(f"{file.key} is truncated: its gzip ends too early; upload it again") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise FileFault(f"{file.key} is damaged gzip ({error}); upload it again") from None
