"""Which files are data, and where each came from."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from contract.job_progress import Counted
from contract.marker_files import is_marker

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


class FileFault(Exception):
    """A file as a whole cannot be used; the message names it, what is wrong and the fix."""


class DatabaseLost(Exception):
    """A file broke the database that it was read into, so that nothing more can be said; the message is of the file."""


def _ignored(_count: int) -> None:
    pass


@dataclass(frozen=True)
class InputFile:
    """A file, and the key by which the user knows it: ``input/interactions/2026/part-1.csv``.

    ``report`` is called with the number of its bytes that were read, as reading goes on.
    """

    path: Path
    key: str
    report: Callable[[int], None] = field(default=_ignored, compare=False, repr=False)

    @cached_property
    def partitions(self) -> dict[str, str]:
        """The columns that only the names of its folders hold, as Hive and Spark write them: ``day=2026-01-31/``."""
        pairs = [folder.split("=", 1) for folder in self.key.split("/")[:-1] if "=" in folder]
        found = {unquote(name): unquote(value) for name, value in pairs if name}
        return {name: "" if value == _HIVE_NULL else value for name, value in found.items()}


def data_files(folder: Path, prefix: str) -> list[InputFile]:
    """The files under ``folder`` that hold data, ordered by key, whose bytes decide alike everywhere.

    Left out is what other programs leave beside the data (contract.marker_files), and files of zero bytes, which S3
    consoles and committers leave behind.

    Args:
        folder: where the container finds the input; it need not exist.
        prefix: of the keys, ending in a slash.
    """
    found = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path.stat().st_size and not is_marker(name):
            found.append(InputFile(path, prefix + name))
    return sorted(found, key=lambda file: file.key.encode("utf-8", "surrogateescape"))


def counted(files: list[InputFile], step: str) -> list[InputFile]:
    """The same files; how many of their bytes have been read is printed as the progress of ``step``."""
    progress = Counted(step, sum(file.path.stat().st_size for file in files))
    return [replace(file, report=progress.add) for file in files]
