"""A Spark task that validates some rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from containers.prepare.interactions import TABLE
from containers.prepare.spark.file_reading import Chunk
from containers.prepare.spark.table_bytes import create, packed
from containers.prepare.spark.task_limits import TaskLimits
from containers.prepare.validation import row_rules
from containers.prepare.validation.time_column import Ages, TimeColumn
from contract.dataset import Dataset


@dataclass(frozen=True)
class ValidatedChunk:
    """The result for the driver, about rows of the file ``number``.

    ``rejected`` and ``items`` (distinct ids) are packed; ``rejected`` is None if no row was rejected. ``earliest`` and
    ``latest`` are None without times.
    """

    number: int
    rejected: bytes | None
    items: bytes
    padded: int
    accepted: int
    ages: Ages
    earliest: float | None
    latest: float | None


@dataclass(frozen=True)
class Accepted:
    """user_id, item_id, value and time of accepted rows, packed."""

    rows: bytes


@dataclass(frozen=True)
class ValidateChunk:
    """The task; the driver determines ``times`` and ``zero_points`` from all rows (see row_rules)."""

    dataset: Dataset
    times: TimeColumn | None
    zero_points: bool
    limits: TaskLimits

    def __call__(self, chunk: Chunk) -> Iterator[ValidatedChunk | Accepted]:
        """Returns the result for the driver, then the accepted rows."""
        with self.limits.workspace() as space:
            database = space.database
            create(space, TABLE, chunk.rows)
            create(space, f"{TABLE}_malformed", chunk.malformed)
            create(space, f"{TABLE}_groups", chunk.groups)
            row_rules.accept(database, TABLE, self.dataset, self.times)
            verdict = row_rules.reject(database, TABLE, self.dataset, zero_points=self.zero_points)
            ((accepted, earliest, latest),) = database.execute(
                "SELECT count(*), min(time), max(time) FROM accepted"
            ).fetchall()
            yield ValidatedChunk(
                chunk.number,
                packed(space, "FROM rejected") if verdict.rejected else None,
                packed(space, "SELECT DISTINCT item_id FROM accepted"),
                verdict.padded,
                accepted,
                Ages.of(database),
                earliest,
                latest,
            )
            yield Accepted(packed(space, "SELECT user_id, item_id, value, time FROM accepted"))
