"""What a file holds, to the last byte."""

import hashlib
from pathlib import Path

from contract.documents import Content


def content(file: Path) -> Content:
    """Of one file. It is in the system's cache when it has just been read or written."""
    return Content(size=file.stat().st_size, sha256=sha256(file))


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
