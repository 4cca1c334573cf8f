"""A failing execution on a real emulator: its event, the rule, the function, the topic, and the subscriber's
message.
"""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from contract.recommendation_table import POINTER_KEY
from contract.run_layout import run_id_of
from lambdas.handlers import notify_failure
from tests.unit.lambdas.conftest import CREDENTIALS, Aws, Clients
from workflow.failure_guide import ERRORS, STATES

REPOSITORY = Path(__file__).parents[3]
ROLE = "arn:aws:iam::000000000000:role/any"
SERVED = "20261116t030000120-a9711f"


def code() -> bytes:
    """The functions' asset, as in the stack."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for room in ("lambdas", "workflow", "contract", "sagemaker_contract"):
            for path in sorted((REPOSITORY / room).glob("*.py")):
                archive.write(path, path.relative_to(REPOSITORY))
    return packed.getvalue()


@dataclass(frozen=True)
class Watched:
    """A notifier with a subscriber, and state machines that it watches."""

    aws: Aws
    create: Callable[[dict[str, Any]], str]  # definition -> state machine's ARN
    queue: str
    sqs: Any

    def run(self, machine: str, given: object = None) -> str:
        text = json.dumps(given or {})
        arn: str = self.aws.states.start_execution(stateMachineArn=machine, input=text)["executionArn"]
        return arn

    def run_id(self, execution: str) -> str:
        started = self.aws.states.describe_execution(executionArn=execution)["startDate"]
        return run_id_of(execution, started.isoformat())

    def message(self, seconds: float = 30) -> tuple[str, str]:
        """Subject and text of the next message."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for found in self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1).get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=found["ReceiptHandle"])
                body = json.loads(found["Body"])
                return body["Subject"], body["Message"]
        raise AssertionError("no message about the failure")


@pytest.fixture
def watched(aws: Aws, clients: Clients) -> Iterator[Watched]:
    """The rule of infra/monitoring.py for state machines of the test."""
    client = clients.session.client
    events, functions = client("events"), client("lambda")
    topic = client("sns").create_topic(Name=aws.bucket)["TopicArn"]
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName=aws.bucket)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    environment = {"BUCKET": aws.bucket, "TABLE": aws.table_name, "TOPIC": topic, "STACK": "topx-test"}
    function = functions.create_function(
        FunctionName=aws.bucket,
        Runtime="python3.13",
        Handler="lambdas.handlers.notify_failure.handler",
        Role=ROLE,
        Code={"ZipFile": code()},
        Timeout=240,
        Environment={"Variables": {**environment, **CREDENTIALS, "AWS_ENDPOINT_URL": aws.endpoint}},
    )["FunctionArn"]

    def create(definition: dict[str, Any]) -> str:
        machine: str = aws.states.create_state_machine(
            name=aws.bucket, definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        pattern = {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": [machine]},
        }
        events.put_rule(Name=aws.bucket, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=aws.bucket, Targets=[{"Id": "notifier", "Arn": function}])
        return machine

    yield Watched(aws, create, queue, sqs)
    functions.delete_function(FunctionName=aws.bucket)


def test_a_refused_run_is_reported_with_its_state_cause_and_fix(watched: Watched) -> None:
    watched.aws.table.put_item(Item={**POINTER_KEY, "current": SERVED})
    fail = {"Type": "Fail", "Error": "QualityRefused", "Cause": "NDCG@10 0.1 is below 0.2"}
    machine = watched.create({"StartAt": "Quality too low", "States": {"Quality too low": fail}})
    execution = watched.run(machine)
    subject, text = watched.message()
    run_id = watched.run_id(execution)
    assert subject == f"topx-test refused: {run_id} (Quality too low)"
    assert text.startswith(f'topx refused run {run_id} in state "Quality too low": NDCG@10 0.1 is below 0.2.\n')
    assert f"The current version is still {SERVED}" in text
    assert STATES["Quality too low"] in text
    assert f"#/v2/executions/details/{execution}" in text
    assert f"prefix=runs/{run_id}/" in text


def test_the_message_about_a_failure_after_publishing_names_the_current_version(watched: Watched) -> None:
    watched.aws.table.put_item(Item={**POINTER_KEY, "current": SERVED})
    fail = {"Type": "Fail", "Error": "AwsUnavailable", "Cause": "S3 did not answer"}
    machine = watched.create({"StartAt": "Write outcome", "States": {"Write outcome": fail}})
    watched.run(machine, {"plan": {"run_id": SERVED}})
    subject, text = watched.message()
    assert subject == f"topx-test published, AfterPublishing failed: {SERVED} (Write outcome)"
    assert text.startswith(f"Run {SERVED} published its version. The state machine AfterPublishing failed in state")
    assert f"\nCurrent version: {SERVED}.\n" in text
    assert f"prefix=runs/{SERVED}/" in text


def test_the_message_about_a_stopped_run_has_the_reason_given_by_who_stopped_it(watched: Watched) -> None:
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    execution = watched.run(watched.create({"StartAt": "Find neighbours", "States": {"Find neighbours": wait}}))
    time.sleep(0.5)
    watched.aws.states.stop_execution(executionArn=execution, error="Cancelled", cause="stopped by topx cancel")
    subject, text = watched.message()
    run_id = watched.run_id(execution)
    assert subject == f"topx-test was stopped: {run_id} (Find neighbours)"
    assert text.startswith(f'Run {run_id} was stopped in state "Find neighbours": stopped by topx cancel.\n')
    assert "No version is published yet." in text
    assert ERRORS["Cancelled"].do in text


def test_a_failed_part_is_named(watched: Watched) -> None:
    parts = [{"part": "part-00000", "users": 1}, {"part": "part-00001", "users": 1}]
    watched.aws.put_json("parts.json", parts)
    broken = {"Variable": "$.part.part", "StringEquals": "part-00001", "Next": "Broken"}
    machine = watched.create(
        {
            "StartAt": "Load recommendations",
            "States": {
                "Load recommendations": {
                    "Type": "Map",
                    "ItemReader": {
                        "Resource": "arn:aws:states:::s3:getObject",
                        "ReaderConfig": {"InputType": "JSON"},
                        "Parameters": {"Bucket": watched.aws.bucket, "Key": "parts.json"},
                    },
                    "ItemSelector": {"part.$": "$$.Map.Item.Value"},
                    "ToleratedFailureCount": 0,
                    "ItemProcessor": {
                        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                        "StartAt": "Which?",
                        "States": {
                            "Which?": {"Type": "Choice", "Choices": [broken], "Default": "Good"},
                            "Good": {"Type": "Succeed"},
                            "Broken": {"Type": "Fail", "Error": "WritingStalled", "Cause": "table took nothing"},
                        },
                    },
                    "End": True,
                }
            },
        }
    )
    run_id = watched.run_id(watched.run(machine))
    subject, text = watched.message()
    assert subject == f"topx-test failed: {run_id} (Load recommendations)"
    assert text.startswith(f'Run {run_id} failed in state "Load recommendations", part-00001: table took nothing.\n')
    assert ERRORS["WritingStalled"].do in text


def test_a_failure_is_reported_even_when_step_functions_does_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    states = boto3.session.Session(aws_access_key_id="a", aws_secret_access_key="b").client(
        "stepfunctions", region_name="eu-west-1"
    )
    arn = "arn:aws:states:eu-west-1:111122223333:execution:topx:monday"
    detail = {"executionArn": arn, "status": "TIMED_OUT", "startDate": 1795402800120, "error": None, "cause": None}
    after = {**detail, "input": json.dumps({"plan": {"run_id": SERVED}})}
    with Stubber(states) as script:
        for _ in range(2):
            script.add_client_error("describe_execution", "AccessDeniedException")
        run = notify_failure.failure_of(states, detail)
        following = notify_failure.failure_of(states, after)
    assert (run.status, run.run_id, run.state) == ("TIMED_OUT", run_id_of(arn, "2026-11-23T03:00:00.120Z"), None)
    assert (run.after_publishing, following.after_publishing, following.run_id) == (False, True, SERVED)
    assert "AccessDenied" in caplog.text


def test_a_message_that_cannot_be_sent_fails_the_function(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its alarm counts the errors."""
    topic = "arn:aws:sns:eu-west-1:000000000000:nowhere"
    for name, value in {"TOPIC": topic, "STACK": "topx"}.items():
        monkeypatch.setenv(name, value)
    arn = "arn:aws:states:eu-west-1:000000000000:execution:topx:unknown"
    detail = {"executionArn": arn, "status": "FAILED", "startDate": 1795402800120}
    with pytest.raises(ClientError, match="NotFound"):
        notify_failure.handler({"detail": detail}, None)
