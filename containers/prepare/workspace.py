"""The database in which the rows are judged and indexed: on disk, so that data may exceed the memory."""

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


@contextmanager
def workspace(beside: Path) -> Iterator[Workspace]:
    """A workspace in ``beside``, which lies on the job's volume: a container's own disk is small.

    Extensions are neither fetched nor loaded: the job may run without a network, and needs none.
    """
    beside.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="prepare-", dir=beside) as name:
        folder = Path(name)
        settings: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        with duckdb.connect(config=settings | {"memory_limit": "1200MB"}) as database:
            database.execute("SET TimeZone = 'UTC'")  # a time without a zone is UTC
            yield Workspace(folder, database)
