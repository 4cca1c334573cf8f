"""The interface of an engine, which reads, validates and indexes the interactions: on one machine, or with Spark."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from containers.prepare.reading.input_files import InputFile
from containers.prepare.reading.text_rows import Reading
from containers.prepare.validation.row_filter import Filtered
from containers.prepare.validation.time_column import TimeColumn
from containers.prepare.validation.time_order import TimeOrder
from containers.prepare.validation.verdicts import Verdict
from containers.prepare.workspace import Workspace
from contract.dataset import Dataset
from contract.forgotten_users import ForgottenUsers

# The table of the interactions' rows as text.
TABLE = "interaction_rows"


@dataclass(frozen=True)
class Source:
    """The interaction files, and how to read and validate them.

    ``forgotten`` are the users whose rows are left out, None if there are none; ``until`` is the latest plausible time,
    in epoch seconds.
    """

    files: list[InputFile]
    dataset: Dataset
    forgotten: ForgottenUsers | None
    until: float


@dataclass(frozen=True)
class Validated:
    """The rows that were read, left out and rejected."""

    reading: Reading
    filtered: Filtered
    verdict: Verdict


class Interactions(Protocol):
    """The methods are called once each, in this order; they create tables in the workspace's database."""

    def validate(self) -> Validated:
        """Read and validate the rows. Creates ``rejected`` of row_rules.validate.

        Raises:
            DatabaseLost: if a file is so damaged that reading it breaks the database.
        """

    def settle(self, times: TimeColumn | None) -> TimeOrder:
        """Whether the times of the accepted rows, read as ``times`` says, put them in order."""

    def index(self) -> int:
        """Create ``users``, ``items`` and ``pairs`` of numbering.index, also from ``described_<side>s``; return the
        number of duplicate rows.
        """


Engine = Callable[[Workspace, Source], Interactions]
