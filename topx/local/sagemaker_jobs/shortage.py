"""A lack of instances, made to happen: a switch for tests of how the workflow outlasts it."""

import threading
from collections.abc import Mapping

from topx.local.sagemaker_jobs.endings import JobFailed

# As SageMaker words it.
NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)


class Shortage:
    """Has no instance for the first jobs of some stages, by what the jobs' names begin with."""

    def __init__(self, jobs: Mapping[str, int] | None = None) -> None:
        """
        Args:
            jobs: how many jobs of a stage find no instance.
        """
        self._left = dict(jobs or {})
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, written: str) -> "Shortage":
        """From ``pr:1,nn:2``; empty for none."""
        pairs = (pair.split(":") for pair in written.split(",") if pair)
        return cls({stage: int(count) for stage, count in pairs})

    def check(self, name: str) -> None:
        """Look for an instance for the job ``name``.

        Raises:
            JobFailed: when there is none.
        """
        stage = name.split("-", 1)[0]
        with self._lock:
            if not self._left.get(stage):
                return
            self._left[stage] -= 1
        raise JobFailed(NO_CAPACITY)
