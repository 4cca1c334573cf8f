"""Finds the data files, and knows the origin of each."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from contract.job_progress import Counted
from contract.marker_files import is_marker

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


class FileFault(Exception):
    """A whole file cannot be used; the message names it, the error and the fix."""


class DatabaseLost(Exception):
    """Reading a file broke the database, so no more checks are possible; the message is about the file."""


def _ignored(_count: int) -> None:
    pass


@dataclass(frozen=True)
class InputFile:
    """A file, and the key that users know it by: ``input/interactions/2026/part-1.csv``.

    ``report`` is called with the number of bytes read, while reading.
    """

    path: Path
    key: str
    report: Callable[[int], None] = field(default=_ignored, compare=False, repr=False)

    @cached_property
    def partitions(self) -> dict[str, str]:
        """The columns in folder names, as Hive and Spark write them: ``day=2026-01-31/``."""
        pairs = [folder.split("=", 1) for folder in self.key.split("/")[:-1] if "=" in folder]
        found = {unquote(name): unquote(value) for name, value in pairs if name}
        return {name: "" if value == _HIVE_NULL else value for name, value in found.items()}


def data_files(folder: Path, prefix: str) -> list[InputFile]:
    """The data files under ``folder``, ordered by the bytes of their keys, so that the order is the same everywhere.

    Excluded are files that other programs leave among the data (contract.marker_files), and empty files, which S3
    consoles and committers create.

    Args:
        folder: the input folder in the container; it need not exist.
        prefix: of the keys, ends with a slash.
    """
    found = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path.stat().st_size and not is_marker(name):
            found.append(InputFile(path, prefix + name))
    return sorted(found, key=lambda file: file.key.encode("utf-8", "surrogateescape"))


def counted(files: list[InputFile], step: str) -> list[InputFile]:
    """The same files, which print the number of bytes read as the progress of ``step``."""
    progress = Counted(step, sum(file.path.stat().st_size for file in files))
    return [replace(file, report=progress.add) for file in files]
