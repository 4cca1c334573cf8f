"""What prepare wants of whatever reads, judges and indexes the interactions: one machine, or several by Spark."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from containers.prepare.judging.row_filter import Filtered
from containers.prepare.judging.time_column import TimeColumn
from containers.prepare.judging.time_order import TimeOrder
from containers.prepare.judging.verdicts import Verdict
from containers.prepare.reading.input_files import InputFile
from containers.prepare.reading.text_rows import Reading
from containers.prepare.workspace import Workspace
from contract.dataset import Dataset
from contract.forgotten_users import ForgottenUsers


@dataclass(frozen=True)
class Source:
    """The interactions' files, and by what they are read and judged.

    ``forgotten`` are users whose rows are left out, None where nobody was; ``until`` is the latest time that is
    believed, in epoch seconds.
    """

    files: list[InputFile]
    dataset: Dataset
    forgotten: ForgottenUsers | None
    until: float


@dataclass(frozen=True)
class Judged:
    """What was read, left out and refused."""

    reading: Reading
    filtered: Filtered
    verdict: Verdict


class Interactions(Protocol):
    """Called in this order, each once; what they make is in the workspace's database."""

    def judge(self) -> Judged:
        """Read the rows and judge each. Makes ``rejected`` of row_rules.judge.

        Raises:
            DatabaseLost: when a file is damaged so that nothing more can be said.
        """

    def settle(self, times: TimeColumn | None) -> TimeOrder:
        """Whether the accepted rows' times, which were read so, tell which are later."""

    def index(self) -> int:
        """Make ``users``, ``items`` and ``pairs`` of numbering.index, with what ``described_<side>s`` has; return how
        many rows were duplicates."""


Engine = Callable[[Workspace, Source], Interactions]
