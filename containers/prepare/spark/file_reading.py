"""A Spark task that reads one file."""

# Table and column names are constants of this code.
# ruff: noqa: S608

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from containers.prepare.interactions import TABLE
from containers.prepare.reading import text_rows
from containers.prepare.reading.input_files import DatabaseLost, InputFile
from containers.prepare.reading.text_rows import Reading
from containers.prepare.spark.table_bytes import packed
from containers.prepare.spark.task_limits import TaskLimits
from containers.prepare.validation import forgotten_rows, row_filter, row_rules
from containers.prepare.validation.row_filter import Counts
from containers.prepare.workspace import Workspace
from contract.dataset import Dataset
from contract.forgotten_users import ForgottenUsers


@dataclass(frozen=True)
class FileRead:
    """The result for the driver; ``number`` is the file's index among all files.

    ``counts`` and ``texts`` (by condition, packed) are those of row_filter, ``units`` those of row_rules; ``lost`` is
    the message of DatabaseLost.
    """

    number: int
    reading: Reading
    left_out: int = 0
    counts: Counts | None = None
    texts: dict[int, bytes] = field(default_factory=dict)
    units: Sequence[int] = ()
    lost: str | None = None


@dataclass(frozen=True)
class Chunk:
    """Some of a file's wanted rows, as text: the three tables of text_rows, each packed."""

    number: int
    rows: bytes
    malformed: bytes
    groups: bytes


@dataclass(frozen=True)
class ReadFile:
    """The task."""

    dataset: Dataset
    forgotten: ForgottenUsers | None
    until: float
    limits: TaskLimits

    def __call__(self, numbered: tuple[int, InputFile]) -> Iterator[FileRead | Chunk]:
        """Returns the result for the driver, then the rows."""
        number, file = numbered
        with self.limits.workspace() as space:
            try:
                yield self._read(space, number, file)
            except DatabaseLost as lost:
                yield FileRead(number, Reading([]), lost=str(lost))
                return
            yield from _chunks(space, number, self.limits.rows)

    def _read(self, space: Workspace, number: int, file: InputFile) -> FileRead:
        database, dataset = space.database, self.dataset
        columns = row_rules.text_columns(dataset)
        reading = text_rows.load_some(database, [file], columns, TABLE, dataset.files)
        left_out = forgotten_rows.leave_out(database, TABLE, self.forgotten)
        counts, texts = None, {}
        if dataset.where:
            counts = row_filter.count(database, TABLE, dataset)
            # The driver needs a condition's texts only if a value is in no file, and so not in this one.
            lacking = [n for n in range(len(dataset.where)) if row_filter.is_unseen(counts, n)]
            texts = {n: packed(space, row_filter.texts(database, TABLE, dataset, n).sql_query()) for n in lacking}
            row_filter.keep(database, TABLE, dataset)
        counted = row_rules.needs_counts(dataset)
        units = row_rules.unit_counts(database, TABLE, dataset, self.until) if counted else ()
        return FileRead(number, reading, left_out, counts, texts, units)


def _chunks(space: Workspace, number: int, rows_a_chunk: int) -> Iterator[Chunk]:
    ((first, last),) = space.database.execute(
        f"SELECT coalesce(min(row_order), 0), coalesce(max(row_order), 0) FROM {TABLE}"
    ).fetchall()
    malformed = f"FROM {TABLE}_malformed"
    groups = packed(space, f"FROM {TABLE}_groups")
    for begin in range(first, last + 1, rows_a_chunk):
        within = f"row_order >= {begin} AND row_order < {begin + rows_a_chunk}"
        rows = packed(space, f"FROM {TABLE} WHERE {within}")
        yield Chunk(number, rows, packed(space, malformed), groups)
        malformed = f"FROM {TABLE}_malformed LIMIT 0"
