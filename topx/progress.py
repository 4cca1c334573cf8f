"""Follows an execution: each state with its status, its seconds, and its job's progress."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from botocore.exceptions import ClientError

from contract import job_progress
from topx.deployment import Deployment
from topx.execution import History, Snapshot, Workflow, snapshot, value_at
from topx.job_logs import Job, JobLogs, training_progress
from workflow.failed_job_stages import DETOUR
from workflow.job_failures import newest_failure
from workflow.state_timings import StateRun

# "This API action is eventually consistent": DescribeExecution and similar actions, Step Functions API reference.
_UNKNOWN_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0)
_Seen = TypeVar("_Seen")

WAITING, RUNNING, DONE, FAILED, SKIPPED = "waiting", "running", "done", "failed", "not reached"


@dataclass(frozen=True)
class Row:
    """A state as displayed. ``seconds`` is None if it was not entered."""

    state: str
    status: str
    seconds: float | None = None
    detail: str = ""


class Progress:
    """Turns snapshots of one execution into rows. The log of an ended job is read once."""

    def __init__(self, workflow: Workflow, logs: JobLogs) -> None:
        self._workflow = workflow
        self._logs = logs
        self._last_words: dict[tuple[str, datetime], str] = {}
        # By job: the first finished epoch that was seen, and when. Before it, the instance and the program start.
        self._first_seen: dict[str, tuple[int, float]] = {}

    def rows(self, execution: Snapshot, now: datetime) -> list[Row]:
        """The states entered so far, then those with work that may still come.

        The handling of a failed job is shown in the row of the job's state.
        """
        entered: list[Row] = []
        reason = ""
        for state in execution.states:
            if state.name in DETOUR and entered:
                if failure := newest_failure(state.given.get("failed", {})):
                    reason = failure[1].reason
                entered[-1] = _decided(entered[-1], reason, open=execution.running and state is execution.states[-1])
            else:
                entered.append(self._row(execution, state, now))
        status = WAITING if execution.running else SKIPPED
        return entered + [Row(name, status) for name in self._workflow.work_after(row.state for row in entered)]

    def _row(self, execution: Snapshot, state: StateRun, now: datetime) -> Row:
        status = DONE if state.exited else RUNNING if execution.running else FAILED
        if status == FAILED and execution.status == "SUCCEEDED":  # a Succeed state may have no exit event
            status = DONE
        end = state.exited or execution.stopped or now
        seconds = max(0.0, (end - state.entered).total_seconds())  # clocks may differ
        return Row(state.name, status, seconds, self._detail(execution, state, seconds))

    def _detail(self, execution: Snapshot, state: StateRun, seconds: float) -> str:
        key = (state.name, state.entered)
        if key in self._last_words:
            return self._last_words[key]
        detail = self._of_job(state, seconds)
        if execution.children and state == execution.states[-1]:
            done, number = execution.children
            detail = f"{done} of {number} parts{_left(done, number, seconds)}"
        if state.exited:
            self._last_words[key] = detail
        return detail

    def _of_job(self, state: StateRun, seconds: float) -> str:
        job = self._workflow.job(state)
        if job and job.kind == "Training":
            return self._training(state, job, seconds)
        # The progress of a job does not matter after its end.
        if job and job.kind == "Processing" and not state.exited:
            return self._processing(job)
        return ""

    def _training(self, state: StateRun, job: Job, seconds: float) -> str:
        progress = training_progress(self._logs.text(job))
        if progress is None:
            return ""
        loss = f"loss {progress.loss:.4f}"
        epochs = value_at(state.given, "$.training.hyperparameters.epochs")
        if not epochs:
            return f"epoch {progress.epoch}, {loss}"
        first, begun = self._first_seen.setdefault(job.base, (progress.epoch, seconds))
        left = "" if state.exited else _left(progress.epoch - first, int(epochs) - first, seconds - begun)
        return f"epoch {progress.epoch} of {epochs}, {loss}{left}"

    def _processing(self, job: Job) -> str:
        progress = job_progress.latest(self._logs.text(job))
        if progress is None:
            return ""
        if not progress.total:
            return progress.step
        share = progress.done / progress.total
        return f"{progress.step}: {share:.0%}{_left(progress.done, progress.total, progress.seconds)}"


def _left(done: int, total: int, seconds: float) -> str:
    """The remaining time, if the rest proceeds at the speed of ``done`` of ``total`` in this many seconds.

    >>> _left(1, 4, 10.0), _left(30, 90, 600.0), _left(0, 4, 10.0), _left(4, 4, 10.0)
    (', about 30 s left', ', about 20 min left', '', '')
    """
    if not 0 < done < total:
        return ""
    left = seconds * (total - done) / done
    return f", about {max(5, 5 * round(left / 5))} s left" if left < 90 else f", about {round(left / 60)} min left"


def _decided(row: Row, reason: str, *, open: bool) -> Row:
    """The row of a failed job: it is or was retried; ``open`` if that is not decided yet."""
    if open:
        return replace(row, status=RUNNING, detail=f"will be retried: {reason}")
    return replace(row, status=FAILED, detail=reason)


def follow(
    deployment: Deployment, arn: str, *, wait: Callable[[float], None] = time.sleep
) -> Iterator[tuple[Snapshot, list[Row]]]:
    """Poll a run until it has ended, then the execution after publishing; the last snapshot has both ended."""
    for run, rows in _looks(deployment, arn, wait):
        yield run, rows
    if run_id := run.starts_another:
        for after, later in _looks(deployment, execution_of(deployment.after_publishing, run_id), wait):
            yield replace(run, after=after), [*rows, *later]


def look(deployment: Deployment, arn: str) -> tuple[Snapshot, list[Row]]:
    """Take a snapshot of a run, and of the execution after publishing if it has started."""
    run, rows = next(_looks(deployment, arn, time.sleep))
    if run.running or not (run_id := run.starts_another):
        return run, rows
    after, later = next(_looks(deployment, execution_of(deployment.after_publishing, run_id), time.sleep))
    return replace(run, after=after), [*rows, *later]


def execution_of(state_machine: str, name: str) -> str:
    """The ARN of a state machine's execution.

    >>> execution_of("arn:aws:states:eu-west-1:000000000000:stateMachine:topx", "a")
    'arn:aws:states:eu-west-1:000000000000:execution:topx:a'
    """
    return f"{state_machine.replace(':stateMachine:', ':execution:')}:{name}"


def _looks(deployment: Deployment, arn: str, wait: Callable[[float], None]) -> Iterator[tuple[Snapshot, list[Row]]]:
    states = deployment.states
    described = _once_known(lambda: states.describe_state_machine_for_execution(executionArn=arn), wait)
    progress, history = Progress(Workflow.of(described["definition"]), deployment.logs), History(states, arn)
    while True:
        execution = _once_known(lambda: snapshot(states, arn, history), wait)
        yield execution, progress.rows(execution, datetime.now(UTC))
        if not execution.running:
            return
        wait(deployment.seconds_between_looks)


def _once_known(look: Callable[[], _Seen], wait: Callable[[float], None]) -> _Seen:
    """The result of ``look``, as soon as Step Functions knows the execution that it has just started."""
    for seconds in _UNKNOWN_SECONDS:
        try:
            return look()
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
        wait(seconds)
    return look()
