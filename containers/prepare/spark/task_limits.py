"""How much of a machine each task may use; each core runs one task at a time."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from containers.prepare.workspace import Workspace, opened

# Shares of a machine's memory. An executor is granted more than half, so that YARN places one on each machine. It uses
# less: on the first machine, the driver's database takes up to half (containers.prepare.workspace).
EXECUTOR_HEAP = 0.1
EXECUTOR_PYTHON = 0.45
_DATABASES = 0.2
_LEAST_BYTES = 250_000_000


@dataclass(frozen=True)
class TaskLimits:
    """The limits of a task.

    ``scratch`` is the folder for data that does not fit into ``memory`` bytes, the same on every machine; ``rows`` is
    the maximum size of a table that tasks exchange, some 100 MB of text.
    """

    scratch: Path
    memory: int
    rows: int = 2_000_000

    @classmethod
    def of_machine(cls, scratch: Path, machine_bytes: int, cores: int) -> "TaskLimits":
        """The limits of a task on one core of a machine."""
        return cls(scratch, max(_LEAST_BYTES, int(_DATABASES * machine_bytes / cores)))

    def workspace(self) -> AbstractContextManager[Workspace]:
        """A database for one task, with one thread: the other cores run other tasks."""
        return opened(self.scratch, self.memory, threads=1)
