"""The progress of a processing job: lines that the job prints for whoever follows the run.

``progress: reading the input, 121634816 of 217000000, 12.4 s``: the step, how much of it is done, and the seconds since
it began. A step that cannot be counted has only its name.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

_LINE = re.compile(r"^progress: (?P<step>[^,\n]+)(?:, (?P<done>\d+) of (?P<total>\d+), (?P<seconds>[\d.]+) s)?$", re.M)
# Few lines, because CloudWatch Logs charges by volume.
_SECONDS_BETWEEN = 5.0


@dataclass(frozen=True)
class JobProgress:
    """The latest progress line of a log. ``done`` and ``total`` are 0 for a step that cannot be counted."""

    step: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0  # since the step began


def latest(log: str) -> JobProgress | None:
    """The last progress line of a log; None if there is none.

    >>> latest("progress: reading the input, 50 of 200, 12.5 s")
    JobProgress(step='reading the input', done=50, total=200, seconds=12.5)
    >>> latest("progress: checking the rows")
    JobProgress(step='checking the rows', done=0, total=0, seconds=0.0)
    """
    lines = list(_LINE.finditer(log))
    if not lines:
        return None
    found = lines[-1]
    if found["total"] is None:
        return JobProgress(found["step"])
    return JobProgress(found["step"], int(found["done"]), int(found["total"]), float(found["seconds"]))


def begin(step: str) -> None:
    """Print that a step begins whose progress cannot be counted."""
    print(f"progress: {step}", flush=True)


class Counted:
    """A step that can be counted. Prints its progress at most every five seconds, and its end."""

    def __init__(self, step: str, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._step = step
        self._total = total
        self._clock = clock
        self._begun = self._printed = clock()
        self._done = 0
        self._print()

    def add(self, count: int) -> None:
        """Add to the count."""
        if not count:
            return
        self._done += count
        if self._done >= self._total or self._clock() - self._printed >= _SECONDS_BETWEEN:
            self._print()

    def _print(self) -> None:
        self._printed = self._clock()
        seconds = self._printed - self._begun
        print(f"progress: {self._step}, {self._done} of {self._total}, {seconds:.1f} s", flush=True)
