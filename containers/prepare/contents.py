"""What was read, to the last byte."""

import hashlib
from collections.abc import Iterable
from typing import TypedDict

from containers.prepare.input_files import InputFile


class Content(TypedDict):
    """A file's size in bytes, and the SHA-256 of them."""

    size: int
    sha256: str


def contents(files: Iterable[InputFile]) -> dict[str, Content]:
    """Of each file, by its key. The files are in the system's cache when they have just been read."""
    return {file.key: _content(file) for file in files}


def _content(file: InputFile) -> Content:
    with file.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    return Content(size=file.path.stat().st_size, sha256=digest.hexdigest())
