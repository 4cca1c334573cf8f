"""The lists of one or two versions, from files of JSON lines, in a database that may be larger than memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

PARTS = "part-*.jsonl.gz"


@contextmanager
def lists_database(beside: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database on the job's volume, in a folder in ``beside`` that is deleted with it; it downloads no extensions."""
    beside.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="lists-", dir=beside) as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": f"{folder}/spill",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
        }
        with duckdb.connect(f"{folder}/lists.duckdb", config=settings) as database:
            yield database


def show(database: duckdb.DuckDBPyConnection, version: str, folder: Path) -> None:
    """Create a view called ``version`` of the lists in ``folder``: a user's id, and item ids, best first."""
    database.read_json(
        str(folder / PARTS),
        format="newline_delimited",
        columns={"user": "VARCHAR", "items": "VARCHAR[]"},
    ).create_view(version)


def lists_of(
    database: duckdb.DuckDBPyConnection, version: str, users: Sequence[str], most: int
) -> dict[str, list[str]]:
    """The first ``most`` items of the lists of ``users``."""
    query = f'SELECT "user", items[:?] FROM {version} WHERE "user" IN (SELECT unnest(?::VARCHAR[]))'  # noqa: S608 - a view of our own
    return dict(database.execute(query, [most, list(users)]).fetchall())
