"""The existing jobs, which of them are running, and which of those should be stopped."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_aws.sagemaker_jobs.endings import validation_exception
from local_aws.sagemaker_jobs.job import JobKind, read_record

_IN_PROGRESS = "InProgress"
_STOPPING = "Stopping"


class JobRegister:
    """The jobs of one engine: ended ones as records on disk, running ones by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._to_be_stopped: set[str] = set()

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """While inside this context, the job can be stopped."""
        with self._lock:
            self._running.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(name)
                self._to_be_stopped.discard(name)

    def is_to_be_stopped(self, name: str) -> bool:
        """Whether StopJob was called for this running job."""
        return name in self._to_be_stopped

    def describe(self, kind: JobKind, name: str) -> dict[str, Any]:
        """A job's Describe document, its times in milliseconds.

        Raises:
            RequestInvalid: if there is no such job.
        """
        record = read_record(self._folder / name / "job.json")
        if kind.name_field not in record:
            raise validation_exception(f"Could not find requested job with name: {name}")
        if self.is_to_be_stopped(name) and record[kind.status_field] == _IN_PROGRESS:
            record[kind.status_field] = _STOPPING
            if "SecondaryStatus" in record:
                record["SecondaryStatus"] = _STOPPING
        return record

    def find(self, arn: str) -> dict[str, Any] | None:
        """The record of the job with this ARN, whose name is in lower case; None if there is none."""
        _, _, name = arn.rpartition("/")
        records = (read_record(job / "job.json") for job in self._folder.iterdir() if job.name.lower() == name)
        return next((record for record in records if arn in record.values()), None)

    def stop(self, kind: JobKind, name: str) -> None:
        """Have a running job stopped; returns at once.

        Raises:
            RequestInvalid: if there is no such job, or it has ended.
        """
        status = self.describe(kind, name)[kind.status_field]
        with self._lock:
            if name in self._running:
                self._to_be_stopped.add(name)
                return
        raise validation_exception(f"The request was rejected because the {kind.word.lower()} is in status {status}.")
