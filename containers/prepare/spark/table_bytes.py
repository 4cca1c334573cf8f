"""Tables that are sent between processes, as Parquet bytes."""

# Table and column names are constants of this code.

from collections.abc import Iterator
from contextlib import contextmanager

from containers.prepare.reading.sql_text import literal
from containers.prepare.workspace import Workspace


def packed(space: Workspace, query: str) -> bytes:
    """The result of a query."""
    path = space.folder / "packed.parquet"
    space.database.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet)")
    found = path.read_bytes()
    path.unlink()
    return found


@contextmanager
def unpacked(space: Workspace, table: bytes) -> Iterator[str]:
    """SQL: a packed table, valid inside the context."""
    path = space.folder / "unpacked.parquet"
    path.write_bytes(table)
    yield f"read_parquet({literal(str(path))})"
    path.unlink()


def create(space: Workspace, name: str, table: bytes) -> None:
    """Create a table from a packed one."""
    with unpacked(space, table) as source:
        space.database.execute(f"CREATE TABLE {name} AS FROM {source}")
