"""The role of a state machine in ministack's Step Functions: each call is made only if the role allows it.

ministack calls Lambda and S3 for an execution without authorization. Here, the four functions through which an
execution calls other services are wrapped; SageMaker authorizes its calls itself, because it makes more calls while a
job runs.
"""

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions

from local_aws import workflow_permissions
from local_aws.authorization import AccessDenied, Need, RoleSession, take_role
from local_aws.sagemaker_jobs.endings import Ending, Watch
from local_aws.workflow_permissions import Needs

_SERVICE = "states.amazonaws.com"
# The error of a state whose role does not allow the call, if the service has no error of its own for it.
_NO_PERMISSION = "States.Permissions"

_role: ContextVar[RoleSession] = ContextVar("role")

logger = logging.getLogger("local_aws.engine")


def install() -> None:
    """Make ministack's Step Functions authorize every call."""
    stepfunctions._run_execution = _under_its_role(stepfunctions._run_execution)
    stepfunctions._invoke_resource = _if_allowed(stepfunctions._invoke_resource)
    stepfunctions._s3_object_text = _if_allowed_to_read(stepfunctions._s3_object_text)
    stepfunctions._run_distributed_map = _if_allowed_to_start_children(stepfunctions._run_distributed_map)


def needs_of(resource: str, parameters: Mapping[str, Any]) -> Needs:
    """The permissions that a task needs; a task whose permissions are unknown fails with States.Runtime."""
    try:
        return workflow_permissions.needs_of(resource, parameters, get_account_id(), get_region())
    except workflow_permissions.PermissionsUnknown as unknown:
        raise stepfunctions._ExecutionError("States.Runtime", str(unknown)) from unknown


def require(needs: Needs, asked: tuple[Need, ...]) -> None:
    """Fail the state with its service's error if the execution's role lacks any of ``asked``."""
    try:
        _role.get().require(*asked)
    except AccessDenied as denied:
        raise stepfunctions._ExecutionError(needs.error, needs.message_of(denied)) from denied


def stopping_if_allowed(watch: Watch, needs: Needs) -> Watch:
    """``watch``, which stops a job only if the execution's role allows it; otherwise the job continues, as on AWS."""
    role = _role.get()
    denied = False

    def watch_if_allowed() -> Ending | None:
        nonlocal denied
        ending = None if denied else watch()
        if ending is None:
            return None
        try:
            role.require(*needs.to_stop)
        except AccessDenied as denial:
            denied = True
            logger.warning("a job continues although its execution ended: %s", denial)
            return None
        return ending

    return watch_if_allowed


def _under_its_role(run_execution: Callable[[str], None]) -> Callable[[str], None]:
    """Run an execution, and the threads that it starts, with its state machine's role."""

    def run(arn: str) -> None:
        execution = stepfunctions._executions[arn]
        machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
        if machine is not None:  # if it was deleted meanwhile, ministack fails the execution
            try:
                _role.set(take_role(machine["roleArn"], _SERVICE, execution["name"][:64]))
            except AccessDenied as denied:
                stepfunctions._fail_execution(execution, _NO_PERMISSION, str(denied))
                return
        run_execution(arn)

    return run


def _if_allowed(invoke: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def invoke_if_allowed(resource: str, parameters: Any) -> Any:
        needs = needs_of(resource, parameters)
        require(needs, needs.before)
        return invoke(resource, parameters)

    return invoke_if_allowed


def _if_allowed_to_read(read: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """Read a Distributed Map's items."""

    def read_if_allowed(bucket: str, key: str) -> str:
        try:
            _role.get().require(workflow_permissions.to_read_items(bucket, key))
        except AccessDenied as denied:
            raise stepfunctions._ExecutionError("States.ItemReaderFailed", str(denied)) from denied
        return read(bucket, key)

    return read_if_allowed


def _if_allowed_to_start_children(run_map: Callable[..., Any]) -> Callable[..., Any]:
    def run_if_allowed(*given: Any) -> Any:
        _state, _raw_input, _effective, _iterator, execution, _context = given
        try:
            _role.get().require(workflow_permissions.to_start(execution["stateMachineArn"]))
        except AccessDenied as denied:
            raise stepfunctions._ExecutionError(_NO_PERMISSION, str(denied)) from denied
        return run_map(*given)

    return run_if_allowed
