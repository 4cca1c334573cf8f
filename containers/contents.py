"""The size and hash of a file's content."""

import hashlib
from pathlib import Path

from contract.documents import Content


def content(file: Path) -> Content:
    """The size and hash of one file. It is in the page cache if it has just been read or written."""
    return Content(size=file.stat().st_size, sha256=sha256(file))


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
