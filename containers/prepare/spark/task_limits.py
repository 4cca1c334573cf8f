"""How much of a machine its tasks take, of which each core has one at a time."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from containers.prepare.workspace import Workspace, opened

# Of a machine's memory. An executor is granted more than half, so that YARN puts one on each machine and not two on
# some, and uses less: on the first machine, the driver's database takes up to half (containers.prepare.workspace).
EXECUTOR_HEAP = 0.1
EXECUTOR_PYTHON = 0.45
_DATABASES = 0.2
_LEAST_BYTES = 250_000_000


@dataclass(frozen=True)
class TaskLimits:
    """What a task may take.

    ``scratch`` is the folder for what does not fit into ``memory`` bytes, the same on every machine; ``rows`` are as
    many as tasks hand over as one table, some 100 MB of text.
    """

    scratch: Path
    memory: int
    rows: int = 2_000_000

    @classmethod
    def of_machine(cls, scratch: Path, machine_bytes: int, cores: int) -> "TaskLimits":
        """Of a task on one of a machine's cores."""
        return cls(scratch, max(_LEAST_BYTES, int(_DATABASES * machine_bytes / cores)))

    def workspace(self) -> AbstractContextManager[Workspace]:
        """A task's own database: cores work on other tasks at the same time."""
        return opened(self.scratch, self.memory, threads=1)
