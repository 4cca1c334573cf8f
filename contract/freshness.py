"""The maximum age of the latest interaction in a run's data: ``newest_within_days`` of its input."""

from datetime import UTC, datetime, timedelta

from contract import time_span
from contract.dataset import Dataset
from contract.timestamp_format import ORDER


def fault(latest_time: float | None, within_days: int | None, started: str) -> str | None:
    """Why data whose latest interaction is at ``latest_time`` cannot be used, or None.

    Args:
        latest_time: in epoch seconds; None if the data has no times.
        within_days: ``newest_within_days``.
        started: when the run started, ISO 8601.

    >>> fault(1795392000.0, 7, "2026-11-30T03:00:00Z")
    "the latest interaction is from 2026-11-23T00:00:00Z, more than newest_within_days 7 before the run's start \
(2026-11-30T03:00:00Z): upload newer data, or allow more days"
    """
    if within_days is None:
        return None
    if latest_time is None:
        return _without_times(within_days)
    start = datetime.fromisoformat(started.replace("Z", "+00:00")).astimezone(UTC)
    if datetime.fromtimestamp(latest_time, UTC) >= start - timedelta(days=within_days):
        return None
    return (
        f"the latest interaction is from {time_span.iso(latest_time)}, more than newest_within_days {within_days} "
        f"before the run's start ({time_span.iso(start.timestamp())}): upload newer data, or allow more days"
    )


def fault_of_dataset(dataset: Dataset, within_days: int | None) -> str | None:
    """Why the age of the data cannot be determined from this dataset.json, or None."""
    if within_days is None or (dataset.timestamp is not None and dataset.timestamp_format != ORDER):
        return None
    return _without_times(within_days)


def _without_times(within_days: int) -> str:
    return (
        f"newest_within_days {within_days} needs the times of interactions, and input/dataset.json names no column of "
        "times; set timestamp, or leave out newest_within_days"
    )
