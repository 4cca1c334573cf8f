"""What a running job says: its log, wherever that is kept, and the training's progress in it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# As SageMaker's factorization machines print it at the end of an epoch. Lines that name a batch are of that batch only.
_LOSS = re.compile(r"#quality_metric: host=\S+, epoch=(?P<epoch>\d+), train \S+ <loss>=(?P<loss>[-+.\w]+)")


@dataclass(frozen=True)
class TrainingProgress:
    """The latest epoch that is over, counted from 1, and its training loss."""

    epoch: int
    loss: float


def training_progress(log: str) -> TrainingProgress | None:
    """How far a factorization-machines job is, by its log; None before the end of its first epoch.

    >>> training_progress("#quality_metric: host=algo-1, epoch=1, train rmse <loss>=0.93")
    TrainingProgress(epoch=2, loss=0.93)
    """
    found = None
    for found in _LOSS.finditer(log):  # noqa: B007 - the last one is wanted
        pass
    return TrainingProgress(int(found["epoch"]) + 1, float(found["loss"])) if found else None


class JobLogs(Protocol):
    """Finds the log of the newest job whose name begins with a base (contract.run_layout.job_base)."""

    def text(self, base: str) -> str:
        """What the job has written so far; empty when it has not begun."""

    def place(self, base: str) -> str | None:
        """Where a person finds it; None when there is no such job."""


class FolderLogs:
    """Logs of jobs on this machine: ``<folder>/<job name>/log.txt``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, base: str) -> str:
        log = self._newest(base)
        return log.read_text(encoding="utf-8", errors="replace") if log else ""

    def place(self, base: str) -> str | None:
        log = self._newest(base)
        return str(log) if log else None

    def _newest(self, base: str) -> Path | None:
        logs = list(self._folder.glob(f"{base}-*/log.txt"))
        return max(logs, key=lambda log: log.stat().st_mtime) if logs else None
