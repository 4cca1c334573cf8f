"""Invoked by EventBridge when an execution fails: finds out why, and publishes a message to the topic."""

import logging
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from contract.recommendation_table import POINTER_KEY, version_key
from lambdas import aws_clients, run_log
from workflow import failed_run
from workflow.console_links import links
from workflow.failed_run import FailedRun
from workflow.failure_message import FailureMessage, failure_message

logger = logging.getLogger(__name__)


class ExecutionEnded(TypedDict):
    """The fields of the event's detail that are used here."""

    executionArn: str
    startDate: int  # epoch milliseconds
    status: str
    input: NotRequired[str | None]  # None if it is too large for an event
    error: NotRequired[str | None]
    cause: NotRequired[str | None]


class Event(TypedDict):
    """ "Step Functions Execution Status Change", as sent by EventBridge."""

    detail: ExecutionEnded


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> dict[str, str]:
    """Returns the message's subject."""
    table = aws_clients.table(os.environ["TABLE"])
    run = failure_of(aws_clients.client("stepfunctions"), event["detail"])
    run = replace(run, published=has_published(table, run.run_id))
    message = failure_message(
        run,
        current=current_version(table),
        places=links(run, os.environ["BUCKET"]),
        product=os.environ["STACK"],
    )
    publish(aws_clients.client("sns"), os.environ["TOPIC"], message)
    return {"subject": message.subject}


def failure_of(states: Any, detail: ExecutionEnded) -> FailedRun:
    """How the execution failed; only what the event says if Step Functions does not answer.

    A short message is better than none.
    """
    text = {name: detail.get(name) for name in ("status", "error", "cause")}
    try:
        return failed_run.look(states, detail["executionArn"], text)
    except (ClientError, BotoCoreError, aws_clients.AwsUnavailable):
        logger.exception("the history of %s", detail["executionArn"])
        started = datetime.fromtimestamp(detail["startDate"] / 1000, UTC)
        earlier = failed_run.run_before(detail.get("input"))
        return FailedRun(
            execution=detail["executionArn"],
            run_id=earlier or failed_run.run_id(detail["executionArn"], started),
            after_publishing=earlier is not None,
            status=detail["status"],
            error=detail.get("error") or "",
            cause=detail.get("cause") or "",
        )


def current_version(table: Any) -> str | None:
    """The current version, None if nothing is published."""
    pointer = table.get_item(Key=POINTER_KEY, ConsistentRead=True).get("Item", {})
    current: str | None = pointer.get("current")
    return current


def has_published(table: Any, run_id: str) -> bool:
    """Whether the run has published its version, which may have been retired since."""
    record = table.get_item(Key=version_key(run_id), ConsistentRead=True).get("Item", {})
    return "published_at" in record


def publish(sns: Any, topic: str, message: FailureMessage) -> None:
    """Send the message to the topic's subscribers."""
    sns.publish(TopicArn=topic, Subject=message.subject, Message=message.text)
