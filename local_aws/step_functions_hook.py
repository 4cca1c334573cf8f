"""SageMaker in ministack's Step Functions: the deployed definition runs unchanged.

ministack looks up a Task's resource in a table of service integrations; SageMaker is added to it. Three of its
functions are wrapped: to tell an integration for which task it runs, to keep an aborted execution aborted, and to
notice when an execution starts and ends.
"""

import functools
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions

from local_aws import state_machine_role
from local_aws.sagemaker_jobs.endings import Ending, RequestInvalid
from local_aws.sagemaker_jobs.job_lifecycle import JobEndedBadly
from local_aws.sagemaker_jobs.service import Caller, LocalSageMaker

_OPTIMISED = "arn:aws:states:::sagemaker:"
_SDK = "arn:aws:states:::aws-sdk:sagemaker:"

_NAMED = re.compile(r"([A-Z][A-Za-z]+): ")

logger = logging.getLogger("local_aws.engine")


class ExecutionStopped(Exception):
    """The execution is no longer running. Unlike ministack's own error, Retry and Catch do not apply to it."""


@dataclass(frozen=True)
class _Task:
    """The task that a thread runs: its executions, and the time limit of an attempt."""

    executions: tuple[Mapping[str, Any], ...]
    seconds: float | None

    @property
    def stopped(self) -> bool:
        """Whether one of its executions is no longer running."""
        return any(execution["status"] != "RUNNING" for execution in self.executions)


_task: ContextVar[_Task] = ContextVar("task")


def install(sagemaker: LocalSageMaker, *, save: Callable[[], None]) -> None:
    """Add ``sagemaker`` to ministack; ``save`` is called when an execution starts and when it has ended in any way."""
    state_machine_role.install()
    stepfunctions._SERVICE_DISPATCH[_OPTIMISED] = functools.partial(_integration, sagemaker)
    stepfunctions._SERVICE_DISPATCH[_SDK] = functools.partial(_integration, sagemaker)
    stepfunctions._call_lambda = _with_errors_named(stepfunctions._call_lambda)
    stepfunctions._invoke_nested_start_execution = _with_refusals_named(stepfunctions._invoke_nested_start_execution)
    stepfunctions._execute_task = _knowing_its_task(stepfunctions._execute_task)
    stepfunctions._fail_execution = _unless_aborted(stepfunctions._fail_execution)
    stepfunctions._run_execution = _saved(stepfunctions._run_execution, save)


def _integration(sagemaker: LocalSageMaker, resource: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The SageMaker integration: blocks its thread until the job has ended."""
    sdk = resource.startswith(_SDK)
    action = resource.removeprefix(_SDK if sdk else _OPTIMISED)
    needs = state_machine_role.needs_of(resource, parameters)
    caller = Caller(get_account_id(), get_region(), state_machine_role.stopping_if_allowed(_watch(_task.get()), needs))
    try:
        document = sagemaker.call(action, parameters, caller, sdk=sdk)
    except RequestInvalid as refusal:
        raise stepfunctions._ExecutionError(refusal.error, str(refusal)) from refusal
    except JobEndedBadly as ended:
        if ended.ending is Ending.EXECUTION_STOPPED:
            raise ExecutionStopped from ended
        if ended.ending is Ending.TASK_TIMED_OUT:
            raise stepfunctions._ExecutionError("States.Timeout", "the task's TimeoutSeconds expired") from ended
        state_machine_role.require(needs, needs.after)
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(ended.describe)) from ended
    state_machine_role.require(needs, needs.after)
    return document


def _watch(task: _Task) -> Callable[[], Ending | None]:
    deadline = None if task.seconds is None else time.monotonic() + task.seconds

    def watch() -> Ending | None:
        if task.stopped:
            return Ending.EXECUTION_STOPPED
        if deadline is not None and time.monotonic() >= deadline:
            return Ending.TASK_TIMED_OUT
        return None

    return watch


def _knowing_its_task(execute_task: Callable[..., Any]) -> Callable[..., Any]:
    """Tell integrations for which task they run, and start none for a stopped execution.

    The child of a Distributed Map is a separate execution, which knows its parent only from the context.
    """

    def execute(state: Mapping[str, Any], raw_input: Any, execution: Any, context: Mapping[str, Any]) -> Any:
        root = stepfunctions._executions.get(context["Execution"]["Id"])
        task = _Task(tuple(one for one in (execution, root) if one is not None), state.get("TimeoutSeconds"))
        if task.stopped:
            raise _aborted()
        token = _task.set(task)
        try:
            return execute_task(state, raw_input, execution, context)
        except ExecutionStopped:
            raise _aborted() from None
        finally:
            _task.reset(token)

    return execute


def _with_errors_named(call_lambda: Callable[..., Any]) -> Callable[..., Any]:
    """Use the class of a function's exception as the error's name, as Lambda does; ministack knows only its
    message.

    The class is taken from a message that begins with it and a colon, so that a state's retries are the same as on AWS.
    """

    def call(function: Any, event: Any) -> Any:
        try:
            return call_lambda(function, event)
        except stepfunctions._ExecutionError as failed:
            said = json.loads(failed.cause) if failed.error == "Runtime.HandlerError" else {}
            named = _NAMED.match(str(said.get("errorMessage", "")))
            if named is None:
                raise
            cause = json.dumps({**said, "errorType": named[1]})
            raise stepfunctions._ExecutionError(named[1], cause) from failed

    return call


def _with_refusals_named(start: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """Name StartExecution's errors like the integration does: ``StepFunctions.ExecutionAlreadyExistsException``."""

    def start_named(resource: str, parameters: Any) -> Any:
        try:
            return start(resource, parameters)
        except stepfunctions._ExecutionError as refused:
            name = f"StepFunctions.{refused.error.removesuffix('Exception')}Exception"
            raise stepfunctions._ExecutionError(name, refused.cause) from refused

    return start_named


def _aborted() -> Exception:
    return stepfunctions._ExecutionError("States.Aborted", "the execution was stopped")  # type: ignore[no-any-return]


def _unless_aborted(fail_execution: Callable[..., None]) -> Callable[..., None]:
    def fail(execution: Mapping[str, Any], error: str, cause: str) -> None:
        if execution["status"] != "ABORTED":
            fail_execution(execution, error, cause)

    return fail


def _saved(run_execution: Callable[[str], None], save: Callable[[], None]) -> Callable[[str], None]:
    """Save before, so that a later engine knows about an execution that was lost with this one, and after."""

    def save_or_report(arn: str) -> None:
        try:
            save()
        except OSError:
            logger.exception("at execution %s", arn)

    def run(arn: str) -> None:
        save_or_report(arn)
        try:
            run_execution(arn)
        finally:
            save_or_report(arn)

    return run
