"""The database in which rows are validated and indexed, with limited memory: the rest spills to disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb


@dataclass(frozen=True)
class Workspace:
    """A scratch folder that is deleted when the job ends, and a DuckDB database in it."""

    folder: Path
    database: duckdb.DuckDBPyConnection


# DuckDB's memory: enough for about 20 million rows, and more for larger data, as its sorts and joins need it.
_MEMORY = 1_200_000_000
_INPUT_WITHIN = 500_000_000
_MEMORY_A_BYTE = 3
# The other half is for the pairs, the training files and everything else in this process.
_SHARE_OF_MACHINE = 0.5


def memory_limit(input_bytes: int, machine_bytes: int) -> int:
    """How many bytes DuckDB may keep in memory before it spills to the volume.

    Args:
        input_bytes: total stored size of all files.
        machine_bytes: the machine's memory.

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
    """A workspace inside ``beside`` that may use as much of this machine's memory as the input needs."""
    with opened(beside, memory_limit(input_bytes, machine_bytes())) as space:
        yield space


@contextmanager
def opened(beside: Path, memory: int, threads: int | None = None) -> Iterator[Workspace]:
    """A workspace inside ``beside``, on the job's volume: a container's own disk is small.

    The tables are in memory, up to ``memory`` bytes: on disk they would be compressed, which takes longer than reading
    them.

    Extensions are neither downloaded nor loaded: the job may run without a network, and needs none.

    Args:
        threads: the number of threads of a query; by default one for each processor.
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
