"""Simulates a lack of instances, to test how the workflow waits for them."""

import threading
from collections.abc import Callable
from typing import Any

from contract.run_layout import job_names
from local_aws.sagemaker_jobs import job_lifecycle, service
from local_aws.sagemaker_jobs.endings import JobFailed
from local_aws.sagemaker_jobs.job import Job

# SageMaker's wording.
NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)


class Shortage:
    """Has no instance for the first jobs of some stages, by the prefix of the jobs' names."""

    def __init__(self, written: str) -> None:
        """
        Args:
            written: the number of a stage's jobs that find no instance, as in ``pr:1,nn:2``; empty for none.
        """
        pairs = (pair.split(":") for pair in written.split(",") if pair)
        self._left = {stage: int(count) for stage, count in pairs}
        self._lock = threading.Lock()

    def check(self, name: str) -> None:
        """Look for an instance for the job ``name``.

        Raises:
            JobFailed: if there is none.
        """
        with self._lock:
            stage = next((one for one, left in self._left.items() if left and name.startswith(job_names(one))), None)
            if stage is None:
                return
            self._left[stage] -= 1
        raise JobFailed(NO_CAPACITY)


def install(written: str) -> None:
    """Make jobs fail that find no instance."""
    shortage, run_to_its_end = Shortage(written), job_lifecycle.run_to_its_end

    def run_if_there_is_an_instance(job: Job, body: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        def provisioned() -> dict[str, Any]:
            shortage.check(job.name)
            return body()

        return run_to_its_end(job, provisioned)

    service.run_to_its_end = run_if_there_is_an_instance  # type: ignore[attr-defined]
