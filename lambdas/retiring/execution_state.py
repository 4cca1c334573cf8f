"""Whether an execution is running, is over, or may still be redriven."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject
from lambdas.s3_json import JsonDocuments

logger = logging.getLogger(__name__)

# "Restarting state machine executions with redrive", Step Functions developer guide.
REDRIVABLE_FOR = timedelta(days=14)
RUNNING = ("RUNNING", "PENDING_REDRIVE")


@dataclass(frozen=True)
class ExecutionState:
    """``over``: it is not running. ``final``: it cannot be redriven either, so it will never run again."""

    over: bool
    final: bool


def of_run(documents: JsonDocuments, layout: RunLayout) -> str | None:
    """The ARN of an earlier run's execution, None if the run's plan is missing or damaged."""
    plan = documents.find_readable(layout.plan)
    try:
        return str(plan["execution"]["arn"]) if plan is not None else None
    except (DamagedObject, TypeError):
        logger.exception("run %s is left unchanged", layout.run_id)
        return None


def of(states: Any, execution: str, *, now: datetime | None = None) -> ExecutionState:
    """Ask Step Functions (``states``, a boto3 client). It deletes an execution's history 90 days after its end."""
    try:
        described = states.describe_execution(executionArn=execution)
    except states.exceptions.ExecutionDoesNotExist:
        return ExecutionState(over=True, final=True)
    if described["status"] in RUNNING:
        return ExecutionState(over=False, final=False)
    age = (now or datetime.now(UTC)) - described["stopDate"]
    return ExecutionState(over=True, final=described["status"] == "SUCCEEDED" or age > REDRIVABLE_FOR)
