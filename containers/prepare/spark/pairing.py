"""Two Spark tasks that bring the rows of each user together and create pairs from them."""

# Table and column names are constants of this code.
# ruff: noqa: S608

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from containers.prepare.indexing import numbering
from containers.prepare.spark.chunk_validation import Accepted
from containers.prepare.spark.table_bytes import create, packed, unpacked
from containers.prepare.spark.task_limits import TaskLimits
from contract.dataset import Dataset


class Broadcast(Protocol):
    """Bytes that Spark has copied to every machine."""

    @property
    def value(self) -> bytes:
        """The bytes."""


@dataclass(frozen=True)
class DivideRows:
    """Divides rows into ``parts`` by user; ``timed`` is whether the times put rows in order."""

    parts: int
    timed: bool
    limits: TaskLimits

    def __call__(self, accepted: Accepted) -> Iterator[tuple[int, bytes]]:
        """Returns the number of each part that has rows, and its rows."""
        time = "time" if self.timed else "NULL::DOUBLE"
        with self.limits.workspace() as space:
            create(space, "accepted", accepted.rows)
            space.database.execute(
                f"CREATE TABLE divided AS SELECT (hash(user_id) % {self.parts})::INTEGER AS part, user_id, item_id, "
                f"value, {time} AS time FROM accepted ORDER BY part"
            )
            parts = space.database.execute("SELECT DISTINCT part FROM divided ORDER BY part").fetchall()
            for (part,) in parts:
                yield part, packed(space, f"SELECT * EXCLUDE (part) FROM divided WHERE part = {part}")


@dataclass(frozen=True)
class PairsOfPart:
    """The users of a part and their pairs, packed.

    users: user_number, user_id; pairs: user_number, item_index, value, time, first_time.
    """

    users: bytes
    pairs: bytes


@dataclass(frozen=True)
class PairUp:
    """Creates the pairs of a part; ``items`` (packed) has item_index and item_id of all items."""

    dataset: Dataset
    items: Broadcast
    limits: TaskLimits

    def __call__(self, rows: Iterable[tuple[int, bytes]]) -> Iterator[PairsOfPart]:
        """Returns the part's pairs, or nothing if it has no row."""
        with self.limits.workspace() as space:
            database = space.database
            database.execute("CREATE TABLE accepted (user_id VARCHAR, item_id VARCHAR, value DOUBLE, time DOUBLE)")
            for _, table in rows:
                with unpacked(space, table) as source:
                    database.execute(f"INSERT INTO accepted FROM {source}")
            if database.execute("SELECT 1 FROM accepted LIMIT 1").fetchall():
                create(space, "items", self.items.value)
                database.execute(
                    "CREATE TABLE users AS SELECT row_number() OVER () AS user_number, user_id "
                    "FROM (SELECT DISTINCT user_id FROM accepted)"
                )
                indexed = "accepted JOIN users USING (user_id) JOIN items USING (item_id)"
                pairs = numbering.distinct(indexed, "user_number", self.dataset)
                yield PairsOfPart(packed(space, "FROM users"), packed(space, pairs))
