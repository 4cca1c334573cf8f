"""The types of which the table of stages (stages.py) consists: plain data.

Keys are those of any run, with ``*`` as the run's id; a folder ends in a slash and means everything under it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from contract.run_layout import RunLayout

ANY_RUN = RunLayout("", "*")

_READING_TABLE = {"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query"}


@dataclass(frozen=True)
class Grant:
    """One statement of a function's role: its name within the role, and why it is needed."""

    sid: str
    why: str


@dataclass(frozen=True)
class Reads(Grant):
    """Objects that the function reads. It may also list the bucket."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Writes(Grant):
    """Objects that the function writes."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Deletes(Grant):
    """Objects that the function deletes."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class DeletesOlder(Grant):
    """Objects whose noncurrent versions the function deletes, if the bucket is versioned."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class UsesTable(Grant):
    """What the function does with the table. ``what`` is the label in the diagram.

    DynamoDB authorizes a transaction by the actions in it: PutItem, UpdateItem, ConditionCheckItem.
    """

    actions: tuple[str, ...]
    what: str

    @property
    def writes(self) -> bool:
        return not set(self.actions) <= _READING_TABLE


@dataclass(frozen=True)
class Calls(Grant):
    """Other calls to AWS. ``resources`` are the ARN parts after the account, in the service of the actions, with
    settings of the deployment (infra/settings.py) in braces.

    ``only_own``: only resources that this stack has created, by their tag (infra/tags.py).
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    only_own: bool = False


@dataclass(frozen=True)
class CallsOnAnything(Grant):
    """Calls that do not support resource-level permissions."""

    actions: tuple[str, ...]


@dataclass(frozen=True)
class AsksAboutRuns(Grant):
    """Reads executions of the state machine."""

    actions: tuple[str, ...]


@dataclass(frozen=True)
class ListsRuns(Grant):
    """Lists the executions of both state machines."""


@dataclass(frozen=True)
class Function:
    """A Lambda function: its module in ``lambdas/handlers/``, its purpose, permissions and resources.

    ``only_with`` is a setting of the deployment; if it is empty, the function does nothing and has no permissions.
    """

    name: str
    description: str
    may: tuple[Grant, ...] = ()
    # Even a small task may take a minute: a single AWS call and its retries can.
    minutes: int = 4
    memory_mb: int = 512
    only_with: str = ""

    @property
    def pascal_name(self) -> str:
        """``plan_run`` as ``PlanRun``, as in the template."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def placeholder(self) -> str:
        """The placeholder of its ARN in the definition."""
        return f"{self.pascal_name}FunctionArn"


JobKind = Literal["processing-job", "training-job", "transform-job", "model"]


@dataclass(frozen=True)
class Job:
    """A SageMaker job or model: the prefix of its name (contract.run_layout.job_base), its inputs and outputs.

    ``deletes``: it deletes a model that another state created.
    """

    kind: JobKind
    base: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    deletes: bool = False


@dataclass(frozen=True)
class Each:
    """A Map over the parts that an object lists, with one child for each."""

    items: str
    stage: "Stage"


@dataclass(frozen=True)
class Call:
    """A call that Step Functions makes itself, by its integration: ``sns:publish``."""

    integration: str


@dataclass(frozen=True)
class Stage:
    """A state of the definition: what does its work, if anything, and what to do when a run fails in it.

    ``may`` are the function's permissions for this state only, if several states invoke it. ``left`` says what is left
    to do in a state that is entered only after the new version is published.
    """

    name: str
    does: Function | Job | Each | Call | None = None
    advice: str = ""
    may: tuple[Grant, ...] = ()
    left: str = ""

    @property
    def what_to_do(self) -> str:
        """The advice; if readers have the new lists already, it says so first."""
        return f"The new version is already published; only {self.left}. {self.advice}" if self.left else self.advice

    @property
    def function(self) -> Function | None:
        """The function that the state invokes, with all its permissions for this state."""
        return replace(self.does, may=(*self.does.may, *self.may)) if isinstance(self.does, Function) else None

    def with_inner(self) -> "Iterator[Stage]":
        """The stage, and the stage inside it if it is a Map."""
        yield self
        if isinstance(self.does, Each):
            yield from self.does.stage.with_inner()
