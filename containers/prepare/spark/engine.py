"""The engine for several machines: what depends on all rows is decided here, on the driver.

Tasks read files, validate rows and create pairs, with the same code as on one machine. Their results are on the
machines' disks until they are fetched. So the output is the same, byte for byte.
"""

# Table and column names are constants of this code.

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Any

import duckdb
from pyspark import RDD, SparkContext, StorageLevel

from containers.prepare.indexing import numbering
from containers.prepare.interactions import Interactions, Source, Validated
from containers.prepare.reading.input_files import DatabaseLost
from containers.prepare.reading.text_rows import Reading
from containers.prepare.single_machine import SingleMachine
from containers.prepare.spark.chunk_validation import Accepted, ValidateChunk, ValidatedChunk
from containers.prepare.spark.file_reading import Chunk, FileRead, ReadFile
from containers.prepare.spark.pairing import DivideRows, PairsOfPart, PairUp
from containers.prepare.spark.table_bytes import packed, unpacked
from containers.prepare.spark.task_limits import TaskLimits
from containers.prepare.validation import row_filter, row_rules, time_order, verdicts
from containers.prepare.validation.row_filter import Filtered
from containers.prepare.validation.time_column import TimeColumn
from containers.prepare.validation.time_order import TimeOrder
from containers.prepare.validation.verdicts import Verdict
from containers.prepare.workspace import Workspace
from contract import hold_out, job_progress

# The driver fetches results partition by partition, each with a Spark job that takes some milliseconds.
_MOST_PARTITIONS = 1_000


class SparkInteractions:
    """See interactions.Interactions."""

    def __init__(self, context: SparkContext, limits: TaskLimits, space: Workspace, source: Source) -> None:
        self._context, self._limits = context, limits
        self._space, self._source = space, source
        self._validated: RDD[ValidatedChunk | Accepted] = context.emptyRDD()
        self._chunks: list[ValidatedChunk] = []
        self._timed = False

    def validate(self) -> Validated:
        source, dataset = self._source, self._source.dataset
        job_progress.begin("reading the input")
        task = ReadFile(dataset, source.forgotten, source.until, self._limits)
        numbered = self._context.parallelize(list(enumerate(source.files)), min(len(source.files), _MOST_PARTITIONS))
        read = numbered.flatMap(task)
        chunks = _compute(read) - len(source.files)
        files = [each for each in _those(read, FileRead).collect() if isinstance(each, FileRead)]
        lost = [file.lost for file in files if file.lost]
        if lost:
            raise DatabaseLost(lost[0])
        job_progress.begin("checking the rows")
        filtered = self._filtered(files)
        times = row_rules.recognise(dataset, source.until, [file.units for file in files])
        rows = [sum(file.reading.rows) for file in files]
        # A large file has many chunks: they are spread over all machines.
        spread = _those(read, Chunk).repartition(min(chunks, _MOST_PARTITIONS))
        verdict = self._validate(spread, times, rows)
        read.unpersist()
        return Validated(Reading.of_parts(file.reading for file in files), filtered, replace(verdict, times=times))

    def settle(self, times: TimeColumn | None) -> TimeOrder:
        earliest = min(chunk.earliest for chunk in self._chunks if chunk.earliest is not None) if times else 0.0
        latest = max(chunk.latest for chunk in self._chunks if chunk.latest is not None) if times else 0.0
        order = time_order.of_span(times, earliest, latest)
        self._timed = order.kind == hold_out.LATEST
        return order

    def index(self) -> int:
        database, dataset = self._space.database, self._source.dataset
        numbering.number(database, "item", "accepted_items", dataset)
        database.execute("DROP TABLE accepted_items")
        items = self._context.broadcast(packed(self._space, "SELECT item_index, item_id FROM items"))
        accepted = sum(chunk.accepted for chunk in self._chunks)
        parts = min(-(-accepted // self._limits.rows), _MOST_PARTITIONS)
        divided = _those(self._validated, Accepted).flatMap(DivideRows(parts, self._timed, self._limits))
        paired = divided.partitionBy(parts, _itself).mapPartitions(PairUp(dataset, items, self._limits))
        _compute(paired)
        self._validated.unpersist()
        pairs = self._gather(paired.toLocalIterator(prefetchPartitions=True))
        return accepted - pairs

    def _filtered(self, files: list[FileRead]) -> Filtered:
        dataset, found = self._source.dataset, Filtered()
        if dataset.where:
            counts = [file.counts for file in files if file.counts]
            found = row_filter.filtered(dataset, counts, lambda n: self._texts([file.texts[n] for file in files]))
        left_out = sum(file.left_out for file in files)
        return replace(found, forgotten=left_out if self._source.forgotten else None)

    def _texts(self, tables: Iterable[bytes]) -> duckdb.DuckDBPyRelation:
        database = self._space.database
        database.execute("CREATE OR REPLACE TABLE filtered_texts (text VARCHAR, rows BIGINT)")
        for table in tables:
            self._insert("filtered_texts", table)
        return database.table("filtered_texts")

    def _validate(self, chunks: "RDD[Any]", times: TimeColumn | None, rows: list[int]) -> Verdict:
        """Validate all rows, and a second time if the first time shows that zero points are not times.

        Args:
            rows: the number of rows of each file.
        """
        verdict = self._validate_once(chunks, times, rows, zero_points=False)
        if times and times.refuses_zero_points(chunk.ages for chunk in self._chunks):
            self._validated.unpersist()
            self._space.database.execute("DROP TABLE rejected; DROP TABLE accepted_items")
            verdict = self._validate_once(chunks, times, rows, zero_points=True)
        return verdict

    def _validate_once(
        self, chunks: "RDD[Any]", times: TimeColumn | None, rows: list[int], *, zero_points: bool
    ) -> Verdict:
        database = self._space.database
        database.execute(
            "CREATE TABLE rejected (row_order BIGINT, file INTEGER, row_group INTEGER, line BIGINT, reason VARCHAR, "
            "value VARCHAR, row JSON); CREATE TABLE accepted_items (item_id VARCHAR)"
        )
        self._validated = chunks.flatMap(ValidateChunk(self._source.dataset, times, zero_points, self._limits))
        _compute(self._validated)
        self._chunks = []
        first_rows = list(accumulate(rows, initial=0))
        for chunk in _those(self._validated, ValidatedChunk).toLocalIterator(prefetchPartitions=True):
            self._insert("accepted_items", chunk.items, but="ANTI JOIN accepted_items USING (item_id)")
            if chunk.rejected:
                moved = f"row_order + {first_rows[chunk.number]} AS row_order, {chunk.number} AS file"
                self._insert("rejected", chunk.rejected, f"SELECT * REPLACE ({moved})")
            self._chunks.append(replace(chunk, rejected=None, items=b""))
        return verdicts.of_rejected(database, "rejected", sum(chunk.padded for chunk in self._chunks))

    def _gather(self, parts: Iterator[PairsOfPart]) -> int:
        """Create ``users`` and ``pairs`` from those of all parts; return the number of pairs."""
        database = self._space.database
        database.execute(
            "CREATE TABLE accepted_users (part INTEGER, user_number BIGINT, user_id VARCHAR);"
            "CREATE TABLE numbered_pairs (part INTEGER, user_number BIGINT, item_index INTEGER, value DOUBLE, "
            "time DOUBLE, first_time DOUBLE)"
        )
        for part, found in enumerate(parts):
            self._insert("accepted_users", found.users, f"SELECT {part}, *")
            self._insert("numbered_pairs", found.pairs, f"SELECT {part}, *")
        numbering.number(database, "user", "accepted_users", self._source.dataset)
        ((pairs,),) = database.execute(
            "CREATE TABLE pairs AS SELECT user_index, item_index, value, time, first_time FROM numbered_pairs "
            "JOIN (FROM accepted_users JOIN users USING (user_id)) USING (part, user_number)"
        ).fetchall()
        database.execute("DROP TABLE accepted_users; DROP TABLE numbered_pairs")
        return int(pairs)

    def _insert(self, name: str, table: bytes, selected: str = "", but: str = "") -> None:
        with unpacked(self._space, table) as source:
            self._space.database.execute(f"INSERT INTO {name} {selected} FROM {source} {but}")


def engine_of(context: SparkContext, limits: TaskLimits, space: Workspace, source: Source) -> Interactions:
    """The engine for prepare; without files there is nothing to distribute."""
    return SparkInteractions(context, limits, space, source) if source.files else SingleMachine(space, source)


def _compute(found: "RDD[Any]") -> int:
    """Compute all partitions in parallel, onto the machines' disks: fetching them would compute one after the other.

    Returns:
        The number of objects.
    """
    return int(found.persist(StorageLevel.DISK_ONLY).count())


def _those(found: "RDD[Any]", kind: type) -> "RDD[Any]":
    return found.filter(_IsOf(kind))


class _IsOf:
    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __call__(self, value: object) -> bool:
        return isinstance(value, self._kind)


def _itself(part: int) -> int:
    return part
