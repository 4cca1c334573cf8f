"""The deployed stack tells its subscribers what the terminal shows."""

import json
import time
from typing import Any

import pytest

from tests.end_to_end.conftest import Tool
from topx import embedded_aws
from topx.deployment import SessionConnection
from topx.local_deployment import connection

STACK = "topx"


@pytest.fixture(scope="module")
def place(topx: Tool) -> SessionConnection:
    """Clients of the engine on which the stack is deployed."""
    assert topx.deployment.bucket
    running = embedded_aws.status()
    assert running is not None
    return connection(running.endpoint, running.region, running.administrator)


@pytest.fixture(scope="module")
def queue(place: SessionConnection) -> str:
    """A subscriber of the stack's topic."""
    stack = place.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    topic = next(out["OutputValue"] for out in stack["Outputs"] if out["OutputKey"] == "FailuresTopicArn")
    sqs = place.client("sqs")
    queue: str = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sender = {"Service": "sns.amazonaws.com"}
    only = {"ArnEquals": {"aws:SourceArn": topic}}
    allow = {"Effect": "Allow", "Principal": sender, "Action": "sqs:SendMessage", "Resource": arn, "Condition": only}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    place.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return queue


def told(sqs: Any, queue: str) -> dict[str, str]:
    """The next message, as SNS wraps it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for found in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=found["ReceiptHandle"])
            message: dict[str, str] = json.loads(found["Body"])
            return message
    raise AssertionError("the stack told nobody")


def test_a_refused_run_is_told_as_the_terminal_shows_it(topx: Tool, place: SessionConnection, queue: str) -> None:
    run = topx.run(top_x=5000)
    message = told(place.client("sqs"), queue)
    assert run.code == 3
    assert message["Subject"] == f"topx refused: {run.record['run_id']} (Plan the run)"
    assert message["Subject"] in run.out
    words, _, places = message["Message"].partition("Where to look")
    assert words in run.out
    assert run.record["run_id"] in places
