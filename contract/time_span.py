"""The period that the interactions cover, as text."""

from datetime import UTC, datetime

from contract.documents import TimeSpan


def words(summary: TimeSpan) -> str:
    """The times of the earliest and the latest interaction, from summary.json.

    >>> words({"earliest_time": 1700032479.5, "latest_time": 1709992870, "time_format": {"format": "seconds"}})
    '2023-11-15 07:14 to 2024-03-09 14:01 UTC'
    """
    earliest, latest = summary["earliest_time"], summary["latest_time"]
    if earliest is not None and latest is not None:
        return f"{_minute(earliest)} to {_minute(latest)} UTC"
    return "numbers that only give an order" if summary["time_format"] else "no timestamps"


def iso(seconds: float | None) -> str | None:
    """A time in epoch seconds as ISO 8601, to the second.

    >>> iso(1709992870.5)
    '2024-03-09T14:01:10Z'
    """
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _minute(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
