"""The log of a running job, wherever it is stored, and the training progress in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contract.run_layout import RunLayout
from contract.training_log import epoch_losses
from workflow.failed_run import FailedRun


@dataclass(frozen=True)
class TrainingProgress:
    """The latest finished epoch, counted from 1, and its training loss."""

    epoch: int
    loss: float


def training_progress(log: str) -> TrainingProgress | None:
    """The progress of a factorization-machines job, from its log; None before the end of its first epoch.

    >>> training_progress("#quality_metric: host=algo-1, epoch=1, train rmse <loss>=0.93")
    TrainingProgress(epoch=2, loss=0.93)
    """
    losses = epoch_losses(log)
    return TrainingProgress(losses[-1].epoch, losses[-1].loss) if losses else None


@dataclass(frozen=True)
class Job:
    """A state's SageMaker job: Processing, Training or Transform, and the prefix of its name (run_layout.job_base).

    A state that is retried or redriven has several such jobs; this means the newest one.
    """

    kind: str
    base: str


class JobLogs(Protocol):
    """Reads the logs of jobs, and has links to them."""

    def text(self, job: Job) -> str:
        """The log so far; empty if the job has not begun."""

    def places(self, run: FailedRun, bucket: str, job: Job | None) -> dict[str, str]:
        """Where to see more of a failed run, whose last state had ``job``: label to path or URL."""


class FolderLogs:
    """Logs of jobs on this machine: ``<folder>/<job name>/log.txt``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, job: Job) -> str:
        log = self._newest(job)
        return log.read_text(encoding="utf-8", errors="replace") if log else ""

    def places(self, run: FailedRun, bucket: str, job: Job | None) -> dict[str, str]:
        layout = RunLayout(bucket, run.run_id)
        log = self._newest(job) if job else None
        return {"Files of the run": layout.uri(layout.run), **({"Log of its job": str(log)} if log else {})}

    def _newest(self, job: Job) -> Path | None:
        logs = list(self._folder.glob(f"{job.base}-*/log.txt"))
        return max(logs, key=lambda log: log.stat().st_mtime) if logs else None
