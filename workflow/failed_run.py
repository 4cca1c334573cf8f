"""Why an execution failed: the state, the part and the cause, from its history in Step Functions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from contract.run_layout import run_id_of
from workflow.failed_job_stages import DETOUR, LOOK
from workflow.failure_cause import document
from workflow.job_failures import JobFailed

TIMEOUT = "States.Timeout"
_CHILD_STATUSES = ("FAILED", "TIMED_OUT")
_JOBS = ("Processing", "Training", "Transform")


@dataclass(frozen=True)
class Attempt:
    """The error of one attempt of a task, from its event."""

    error: str
    cause: str


@dataclass(frozen=True)
class FailedState:
    """The state in which an execution failed.

    ``task`` has the parameters of its last attempt, if the history has them; ``attempts`` are the failed ones, newest
    first. ``given_up`` is whether a later state decided not to retry the job.
    """

    name: str
    kind: str = "Task"
    task: Mapping[str, Any] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    given_up: bool = False

    @property
    def timed_out(self) -> bool:
        """Whether the state's own TimeoutSeconds expired, rather than the whole execution's."""
        return any(attempt.error == TIMEOUT for attempt in self.attempts[:1])


@dataclass(frozen=True)
class FailedRun:
    """An execution that ended FAILED, TIMED_OUT or ABORTED: a run's, or the one after publishing
    (``after_publishing``).

    ``state`` is None if no state was running, or if it is unknown. For a failed child of a Distributed Map, ``error``,
    ``cause`` and ``child`` are the child's, and ``part`` is the child's part. ``published`` is whether the table has a
    record of the run's version, whatever happened to it later; the history does not have this.
    """

    execution: str
    run_id: str
    status: str
    error: str = ""
    cause: str = ""
    state: FailedState | None = None
    part: str | None = None
    child: FailedState | None = None
    published: bool = False
    after_publishing: bool = False

    @property
    def job(self) -> tuple[str, str] | None:
        """Kind (Processing, Training, Transform) and name of the SageMaker job that failed or was stopped."""
        task = self.state.task if self.state else {}
        for source in (document(self.cause), task):
            for kind in _JOBS:
                if name := source.get(f"{kind}JobName"):
                    return kind, str(name)
        return None

    @property
    def function(self) -> str | None:
        """Name of the Lambda function that the failed state called."""
        state = self.child or self.state
        called = state.task.get("FunctionName") if state else None
        return str(called).split(":function:")[-1].split(":")[0] if called else None


def failed_state(newest_first: Iterable[Mapping[str, Any]]) -> FailedState | None:
    """The state in which an execution failed, from the events of its history, newest first.

    If it failed while deciding about a failed job, this is the job's own state.
    """
    events = iter(newest_first)
    state = _not_left(events)
    if state is None or state.name not in DETOUR:
        return state
    given_up = [attempt.error for attempt in state.attempts[:1]] == [JobFailed.__name__]
    if state.name == LOOK and state.attempts and not given_up:
        return state  # the decision itself failed
    _pass_by_detour(events)
    job = _not_left(events)
    return replace(job, given_up=given_up) if job else state


def _pass_by_detour(events: Iterator[Mapping[str, Any]]) -> None:
    """Read back to where the job's state was exited."""
    for event in events:
        if event["type"].endswith("StateExited") and event["stateExitedEventDetails"]["name"] not in DETOUR:
            return


def _not_left(newest_first: Iterable[Mapping[str, Any]]) -> FailedState | None:
    """The state that was entered but not exited.

    Reads only as many events as needed, and requires none of those in between: AWS records the scheduling, start,
    submission and end of each attempt, an emulator fewer; a Fail state has no event but its entry; a redriven state may
    not be entered again.
    """
    left: Counter[str] = Counter()
    task: Mapping[str, Any] = {}
    attempts: list[Attempt] = []
    for event in newest_first:
        kind = event["type"]
        if kind.endswith("StateExited"):
            left[event["stateExitedEventDetails"]["name"]] += 1
        elif kind.endswith("StateEntered"):
            name = event["stateEnteredEventDetails"]["name"]
            if not left[name]:
                return FailedState(name, kind.removesuffix("StateEntered"), task, tuple(attempts))
            left[name] -= 1
        elif kind == "TaskScheduled":
            task = task or document(event.get("taskScheduledEventDetails", {}).get("parameters"))
        elif not kind.startswith("Execution"):
            attempts += _attempt(event)
    return None


def _attempt(event: Mapping[str, Any]) -> list[Attempt]:
    """The failure in an event, if it is one: its details are under a key derived from its type."""
    for name, details in event.items():
        if name.endswith("EventDetails") and "error" in details:
            return [Attempt(details["error"], details.get("cause", ""))]
    return []


def look(states: Any, execution: str, event: Mapping[str, Any] | None = None) -> FailedRun:
    """Find out how an execution failed.

    Args:
        states: boto3 Step Functions client.
        execution: its ARN.
        event: ``status``, ``error`` and ``cause`` from an event, if known: they take precedence over the description,
            which may lag.
    """
    described = {**states.describe_execution(executionArn=execution), **{k: v for k, v in (event or {}).items() if v}}
    earlier = run_before(described.get("input"))
    run = FailedRun(
        execution=execution,
        run_id=earlier or run_id(execution, described["startDate"]),
        after_publishing=earlier is not None,
        status=described["status"],
        error=described.get("error") or "",
        cause=described.get("cause") or "",
        state=_state(states, execution),
    )
    if run.status == "ABORTED" or run.state is None:
        return run
    if run.state.kind == "Map":
        return _with_child(states, run)
    if run.state.given_up and run.state.attempts:
        job = run.state.attempts[0]
        return replace(run, error=job.error, cause=job.cause)
    return run


def run_id(execution: str, started: datetime) -> str:
    """The id of the execution's run."""
    return run_id_of(execution, started.isoformat())


def run_before(given: str | None) -> str | None:
    """The id of the run that started this after-publishing execution, from its input; None for a run's execution."""
    plan = document(given).get("plan")
    return str(plan["run_id"]) if isinstance(plan, Mapping) and "run_id" in plan else None


def _state(states: Any, execution: str) -> FailedState | None:
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=execution, reverseOrder=True, PaginationConfig={"PageSize": 100}
    )
    return failed_state(event for page in pages for event in page["events"])


def _with_child(states: Any, run: FailedRun) -> FailedRun:
    """Take the cause from the child that failed first: the map only reports that too many failed."""
    map_runs = states.list_map_runs(executionArn=run.execution)["mapRuns"]
    if not map_runs:
        return run
    newest = max(map_runs, key=lambda found: found["startDate"])["mapRunArn"]
    failed = [
        child
        for status in _CHILD_STATUSES
        for child in states.list_executions(mapRunArn=newest, statusFilter=status)["executions"]
    ]
    if not failed:
        return run
    first = min(failed, key=lambda child: child["stopDate"])["executionArn"]
    described = states.describe_execution(executionArn=first)
    return replace(
        run,
        error=described.get("error") or run.error,
        cause=described.get("cause") or "",
        part=_part(document(described.get("input"))),
        child=_state(states, first),
    )


def _part(given: Mapping[str, Any]) -> str | None:
    """The part's name in a child's input: an entry of parts.json, or the name itself."""
    part = given.get("part")
    name = part.get("part") if isinstance(part, Mapping) else part
    return str(name) if name else None
