"""The deployed stack sends its subscribers the message that the terminal shows."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import DATASET, SMALL, Checkerboard, Tool, write_data
from topx import embedded_aws
from topx.deployment import SessionConnection
from topx.local_deployment import connection

STACK = "topx"


@pytest.fixture(scope="module")
def place(topx: Tool) -> SessionConnection:
    """Clients for the engine on which the stack is deployed."""
    assert topx.deployment.bucket
    running = embedded_aws.status()
    assert running is not None
    return connection(running.endpoint, running.region, running.administrator)


@pytest.fixture(scope="module")
def queue(place: SessionConnection) -> str:
    """A queue subscribed to the stack's topic."""
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


def next_message(sqs: Any, queue: str) -> dict[str, str]:
    """The next message, in SNS's envelope."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for found in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=found["ReceiptHandle"])
            message: dict[str, str] = json.loads(found["Body"])
            return message
    raise AssertionError("the stack sent no message")


def test_a_refused_run_is_reported_as_the_terminal_shows_it(topx: Tool, place: SessionConnection, queue: str) -> None:
    run = topx.run(top_x=5000)
    message = next_message(place.client("sqs"), queue)
    assert run.code == 3
    assert message["Subject"] == f"topx refused: {run.record['run_id']} (Plan the run)"
    assert message["Subject"] in run.out
    words, _, places = message["Message"].partition("Where to look")
    assert words in run.out
    assert run.record["run_id"] in places


@contextmanager
def failing(states: Any, machine: str, name: str) -> Iterator[None]:
    """In this context, a state of a deployed state machine fails."""
    deployed = states.describe_state_machine(stateMachineArn=machine)["definition"]
    changed = json.loads(deployed)
    changed["States"][name] = {"Type": "Fail", "Error": "AwsUnavailable", "Cause": "nobody answers"}
    states.update_state_machine(stateMachineArn=machine, definition=json.dumps(changed))
    try:
        yield
    finally:
        states.update_state_machine(stateMachineArn=machine, definition=deployed)


@pytest.mark.parametrize("name", ["Write outcome", "Choose versions to retire"])
def test_a_run_is_published_whatever_fails_after_it(
    name: str, topx: Tool, place: SessionConnection, queue: str, tmp_path: Path
) -> None:
    folder = write_data(tmp_path / "data", Checkerboard().rows(), DATASET)
    with failing(topx.deployment.states, topx.deployment.after_publishing, name):
        run = topx.run("--data", folder, **{**SMALL, "gate": "off"})
    run_id = run.record["run_id"]
    assert (run.code, run.record["status"], run.record["after_publishing_succeeded"]) == (0, "published", False), (
        run.out
    )
    published = topx.published()
    assert published.pointer
    assert (run.record["version"], published.pointer["current"]) == (run_id, run_id)
    said = run.out.rstrip().splitlines()[-1]
    assert said == (
        f'Run {run_id} published its version. The state machine AfterPublishing failed in state "{name}": nobody '
        f"answers. Version {run_id} stays current."
    )
    message = next_message(place.client("sqs"), queue)
    assert message["Subject"] == f"topx published, AfterPublishing failed: {run_id} ({name})"
    assert message["Message"].split("\n\n")[0] == said.partition(" Version ")[0]
    line = next(line for line in topx("runs").out.splitlines() if run_id in line)
    assert "published, current" in line
    if name != "Write outcome":
        assert json.loads(topx.body(run.layout.outcome))["status"] == "published"
