"""The database in which the rows are judged and indexed, within a bound of memory: the rest is on disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb


@dataclass(frozen=True)
class Workspace:
    """A scratch folder that goes when the job ends, and a DuckDB database in it."""

    folder: Path
    database: duckdb.DuckDBPyConnection


# DuckDB's memory: enough for some 20 million rows, and more for more, as sorts and joins of them need it.
_MEMORY = 1_200_000_000
_INPUT_WITHIN = 500_000_000
_MEMORY_A_BYTE = 3
# The other half is for the pairs and training files, and for what else runs here.
_SHARE_OF_MACHINE = 0.5


def memory_limit(input_bytes: int, machine_bytes: int) -> int:
    """How many bytes DuckDB may hold in memory before it writes them to the volume.

    Args:
        input_bytes: of all files, as they are stored.
        machine_bytes: of memory that there are.

    >>> [memory_limit(size, 16_000_000_000) for size in (10_000, 1_500_000_000, 50_000_000_000)]
    [1200000000, 4200000000, 8000000000]
    """
    wanted = _MEMORY + _MEMORY_A_BYTE * max(0, input_bytes - _INPUT_WITHIN)
    return min(wanted, int(_SHARE_OF_MACHINE * machine_bytes))


def machine_bytes() -> int:
    """Of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@contextmanager
def workspace(beside: Path, input_bytes: int = 0) -> Iterator[Workspace]:
    """A workspace in ``beside`` that may take as much of this machine as so many bytes of input need."""
    with opened(beside, memory_limit(input_bytes, machine_bytes())) as space:
        yield space


@contextmanager
def opened(beside: Path, memory: int, threads: int | None = None) -> Iterator[Workspace]:
    """A workspace in ``beside``, which lies on the job's volume: a container's own disk is small.

    The tables are in memory, up to ``memory`` bytes: on disk they would be compressed when they are written, which
    takes longer than to read them.

    Extensions are neither fetched nor loaded: the job may run without a network, and needs none.

    Args:
        threads: that work on a query; by default as many as there are processors.
    """
    beside.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="prepare-", dir=beside) as name:
        folder = Path(name)
        settings: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(folder / "spill"),
            "memory_limit": f"{memory}B",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            **({"threads": threads} if threads else {}),
        }
        with duckdb.connect(config=settings) as database:
            database.execute("SET TimeZone = 'UTC'")  # a time without a zone is UTC
            yield Workspace(folder, database)
