"""What the table of stages (stages.py) is written in: plain data.

Keys are those of any run, the run's id being ``*``; a folder ends in a slash and stands for all that lies under it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from contract.run_layout import RunLayout

ANY_RUN = RunLayout("", "*")

_READING_TABLE = {"dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query"}


@dataclass(frozen=True)
class Grant:
    """One statement of a function's role: its name within the role, and the reason for it."""

    sid: str
    why: str


@dataclass(frozen=True)
class Reads(Grant):
    """Objects that the function reads. It may list the bucket, too."""

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
    """Objects of which the function deletes the versions that are not the latest, where a bucket keeps any."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class UsesTable(Grant):
    """What the function does with the table. ``what`` is how the drawing names it.

    DynamoDB checks a transaction by the actions in it: PutItem, UpdateItem, ConditionCheckItem.
    """

    actions: tuple[str, ...]
    what: str

    @property
    def writes(self) -> bool:
        return not set(self.actions) <= _READING_TABLE


@dataclass(frozen=True)
class Calls(Grant):
    """Other calls to AWS. ``resources`` are what stands behind the account in an ARN of the actions' service, with
    settings of the deployment (infra/settings.py) in braces.

    ``only_own``: of these, only those that this stack has made, by their tag (infra/tags.py).
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    only_own: bool = False


@dataclass(frozen=True)
class CallsOnAnything(Grant):
    """Calls for which AWS knows no resource."""

    actions: tuple[str, ...]


@dataclass(frozen=True)
class AsksAboutRuns(Grant):
    """Calls about executions of the state machine."""

    actions: tuple[str, ...]


@dataclass(frozen=True)
class ListsRuns(Grant):
    """Which executions of both state machines there are."""


@dataclass(frozen=True)
class Function:
    """A Lambda function: its module in ``lambdas/handlers/``, what it is for, what it may do and what it takes.

    ``only_with`` is a setting of the deployment; where that is empty, the function does nothing and may do nothing.
    """

    name: str
    description: str
    may: tuple[Grant, ...] = ()
    # However little there is to do: a call of AWS and its repeats alone may take one.
    minutes: int = 4
    memory_mb: int = 512
    only_with: str = ""

    @property
    def pascal_name(self) -> str:
        """``plan_run`` as ``PlanRun``, as the template has it."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def placeholder(self) -> str:
        """What stands for its ARN in the definition."""
        return f"{self.pascal_name}FunctionArn"


JobKind = Literal["processing-job", "training-job", "transform-job", "model"]


@dataclass(frozen=True)
class Job:
    """A job or model of SageMaker: what its name begins with (contract.run_layout.job_base), its inputs and outputs.

    ``deletes`` is of a model that another state has made.
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
    """Something that Step Functions asks of another service by itself, as an integration names it: ``sns:publish``."""

    integration: str


@dataclass(frozen=True)
class Stage:
    """A state of the definition: what does its work, if it has any, and what to do when a run fails in it.

    ``may`` is what its function may do because of this state alone, where several states call it. ``left`` says what is
    left to do in a state that is entered only once the new version is served.
    """

    name: str
    does: Function | Job | Each | Call | None = None
    advice: str = ""
    may: tuple[Grant, ...] = ()
    left: str = ""

    @property
    def what_to_do(self) -> str:
        """The advice, which says first that readers have the new lists, if they have."""
        return f"The new version is served already; only {self.left}. {self.advice}" if self.left else self.advice

    @property
    def function(self) -> Function | None:
        """The function that the state calls, with all that it may do on its behalf."""
        return replace(self.does, may=(*self.does.may, *self.may)) if isinstance(self.does, Function) else None

    def with_inner(self) -> "Iterator[Stage]":
        """The stage, and the one inside it if it is a Map."""
        yield self
        if isinstance(self.does, Each):
            yield from self.does.stage.with_inner()
