"""The measurements of runs, by number of users: benchmarks/growth.json."""

import json
from pathlib import Path
from typing import TypedDict

from benchmarks.growth.timed_run import TimedRun

FILE = Path(__file__).parents[1] / "growth.json"


class StateCosts(TypedDict):
    """Seconds of a state, and the peak memory of all processes of the run during the state."""

    seconds: float
    peak_bytes: int


class Growth(TypedDict):
    """A run with this many users."""

    users: int
    items: int  # items with interactions
    pairs: int  # distinct (user, item) pairs
    seconds: float
    peak_bytes: int
    states: dict[str, StateCosts]


def record(users: int, run: TimedRun, file: Path = FILE) -> None:
    """Store a run, replacing an earlier one with the same number of users."""
    kept = {found["users"]: found for found in (read(file) if file.exists() else [])}
    kept[users] = {
        "users": users,
        "items": run.record["items"],
        "pairs": run.record["interactions"],
        "seconds": run.seconds,
        "peak_bytes": run.peak_bytes,
        "states": {state.name: {"seconds": state.seconds, "peak_bytes": state.peak_bytes} for state in run.states},
    }
    file.write_text(json.dumps([kept[users] for users in sorted(kept)], indent=2) + "\n", encoding="utf-8")


def read(file: Path = FILE) -> list[Growth]:
    """The latest measurements, by ascending number of users."""
    found: list[Growth] = json.loads(file.read_text(encoding="utf-8"))
    return found
