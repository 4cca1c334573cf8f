"""The engine for one machine: all interactions are in one database."""

from dataclasses import dataclass, replace

from containers.prepare.indexing import numbering
from containers.prepare.interactions import TABLE, Source, Validated
from containers.prepare.reading import text_rows
from containers.prepare.reading.input_files import counted
from containers.prepare.validation import forgotten_rows, row_filter, row_rules, time_order
from containers.prepare.validation.time_column import TimeColumn
from containers.prepare.validation.time_order import TimeOrder
from containers.prepare.workspace import Workspace
from contract import job_progress


@dataclass(frozen=True)
class SingleMachine:
    """See interactions.Interactions."""

    space: Workspace
    source: Source

    def validate(self) -> Validated:
        database, source = self.space.database, self.source
        dataset = source.dataset
        files = counted(source.files, "reading the input")
        reading = text_rows.load(database, files, row_rules.text_columns(dataset), TABLE, dataset.files)
        left_out = forgotten_rows.leave_out(database, TABLE, source.forgotten)
        job_progress.begin("checking the rows")
        filtered = row_filter.apply(database, TABLE, dataset)
        filtered = replace(filtered, forgotten=left_out if source.forgotten else None)
        return Validated(reading, filtered, row_rules.validate(database, TABLE, dataset, source.until))

    def settle(self, times: TimeColumn | None) -> TimeOrder:
        return time_order.settle(self.space.database, times)

    def index(self) -> int:
        return numbering.index(self.space.database, self.source.dataset)
