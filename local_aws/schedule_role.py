"""The role of a schedule in ministack's EventBridge Scheduler: it may only start what its policy allows.

A start that the role may not make is not retried, as on AWS: it goes to the schedule's dead-letter queue, if the role
may send it there.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge

from local_aws.authorization import AccessDenied, Need, RoleSession, take_role

_SERVICE = "scheduler.amazonaws.com"

logger = logging.getLogger("local_aws.engine")


def install() -> None:
    """Make ministack's Scheduler authorize the start of an execution."""
    eventbridge._invoke_target = _if_allowed(eventbridge._invoke_target)


def _if_allowed(invoke: Callable[..., None]) -> Callable[..., None]:
    def invoke_if_allowed(target: Mapping[str, Any], event: Any, source: Mapping[str, Any], *more: Any) -> None:
        # EventBridge rules use this code, too; rules for functions have no role, because the functions' own policies
        # allow them.
        if parse_arn(target["Arn"]).service != "states":
            invoke(target, event, source, *more)
            return
        try:
            role = _role_of(target, source)
        except AccessDenied as denied:
            logger.warning("not started: %s", denied)
            return
        try:
            role.require(Need("states:StartExecution", target["Arn"]))
        except AccessDenied as denied:
            logger.warning("not started: %s", denied)
            _keep(target, role)
        else:
            invoke(target, event, source, *more)

    return invoke_if_allowed


def _role_of(target: Mapping[str, Any], schedule: Mapping[str, Any]) -> RoleSession:
    group = f"arn:aws:scheduler:{get_region()}:{get_account_id()}:schedule-group/{schedule.get('GroupName')}"
    return take_role(target.get("RoleArn", ""), _SERVICE, "schedule", {"aws:SourceArn": group})


def _keep(target: Mapping[str, Any], role: RoleSession) -> None:
    queue = target.get("DeadLetterConfig", {}).get("Arn")
    if queue is None:
        return
    try:
        role.require(Need("sqs:SendMessage", queue))
    except AccessDenied as denied:
        logger.warning("a start that failed is lost: %s", denied)
    else:
        eventbridge._dispatch_to_sqs(parse_arn(queue), target.get("Input", json.dumps({})))
