"""Whether the times show which interactions are later."""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from containers.prepare.validation.time_column import TimeColumn
from contract.hold_out import LATEST, RANDOM
from contract.request_document import ExcludeSeen


@dataclass(frozen=True)
class TimeOrder:
    """What the times can be used for.

    ``kind`` and ``because`` are those of contract.hold_out. ``earliest`` and ``latest`` are in epoch seconds, None if
    there are no times or they are an order only. ``column`` is how the times were read.
    """

    kind: str
    because: str | None
    earliest: float | None = None
    latest: float | None = None
    column: TimeColumn | None = None

    def faults(self, exclude_seen: ExcludeSeen) -> list[str]:
        """What the run needs to know about times that the data does not have."""
        if isinstance(exclude_seen, bool) or (self.kind == LATEST and self.latest is not None):
            return []
        why = self.because or "timestamp_format is order, whose numbers are no days"
        return [
            f"exclude_seen {dict(exclude_seen)!r} needs the times of interactions, and {why}; set exclude_seen to true "
            "or false, or name a column of times"
        ]


def settle(database: duckdb.DuckDBPyConnection, column: TimeColumn | None) -> TimeOrder:
    """Determine it from the table ``accepted``. If all times are equal, which is no information, they become null."""
    earliest, latest = database.execute("SELECT min(time), max(time) FROM accepted").fetchall()[0]
    order = of_span(column, earliest, latest)
    if column and order.kind == RANDOM:
        database.execute("UPDATE accepted SET time = NULL")
    return order


def of_span(column: TimeColumn | None, earliest: float, latest: float) -> TimeOrder:
    """What times from ``earliest`` to ``latest``, in seconds, are good for; ``column`` is None without times."""
    if column is None:
        return TimeOrder(RANDOM, "the data has no timestamp")
    kind, because = LATEST, None
    if earliest == latest:
        kind, because = RANDOM, f"all interactions have the same time{_named(latest, column)}"
    if column.only_orders:
        return TimeOrder(kind, because, column=column)
    return TimeOrder(kind, because, earliest, latest, column)


def _named(time: float, column: TimeColumn) -> str:
    return "" if column.only_orders else f", {datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
