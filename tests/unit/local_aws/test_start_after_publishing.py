"""The end of the deployed definition: whatever happens when it starts the next execution, a published run succeeds."""

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest

from infra.workflow import definition
from local_aws import engine
from tests.unit.local_aws.conftest import client_of
from tests.unit.local_aws.test_roles import STATES, Account, policy, wait_for
from topx.execution import snapshot
from workflow.stages import NOT_STARTED, START_AFTER_PUBLISHING

RUN_ID = "20261123t030000120-a9711f"
GIVEN = {
    "plan": {"run_id": RUN_ID, "outcome": {"base": "oc-1"}, "retirement": "runs/retirement.json"},
    "training": {"hyperparameters": {"epochs": "2"}, "knn_hyperparameters": {"k": "9"}},
    "model": {"name": "nn-1"},
}


@dataclass
class Ends:
    """Deploys the states after publishing of a run, with a state machine that they start, and a topic."""

    account: Account
    after: str
    topic: str
    queue: str
    sqs: Any

    def run(self, *allowed: str, after: str | None = None) -> dict[str, Any]:
        """A finished execution, with a role that has these permissions; with ``states``, those it went through."""
        states = {name: definition()["States"][name] for name in (START_AFTER_PUBLISHING, NOT_STARTED, "Served")}
        for state in states.values():
            # The duration of retries is tested elsewhere; errors that are never retried stay so.
            state["Retry"] = [retrier for retrier in state.get("Retry", []) if retrier.get("MaxAttempts") == 0]
        text = json.dumps({"StartAt": START_AFTER_PUBLISHING, "States": states}).replace("${Partition}", "aws")
        text = text.replace("${AfterPublishingArn}", after or self.after).replace("${FailuresTopicArn}", self.topic)
        role = self.account.role(STATES, dict.fromkeys(("s3:GetObject", *allowed), "*"))
        machine = self.account.states.create_state_machine(name=f"run-{time.time_ns()}", definition=text, roleArn=role)[
            "stateMachineArn"
        ]
        arn = self.account.states.start_execution(stateMachineArn=machine, input=json.dumps(GIVEN))["executionArn"]
        done = self.account.ended(arn)
        return {**done, "states": [state.name for state in snapshot(self.account.states, arn).states]}

    def started(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.account.states.list_executions(stateMachineArn=self.after)["executions"]
        return found

    def message(self) -> dict[str, Any]:
        (message,) = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=10)["Messages"]
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        body: dict[str, Any] = json.loads(message["Body"])
        return body


@pytest.fixture
def ends(running: engine.RunningEngine) -> Ends:
    account = Account(running)
    name = f"after-{time.time_ns()}"
    after = account.states.create_state_machine(
        name=name,
        definition=json.dumps({"StartAt": "Write outcome", "States": {"Write outcome": {"Type": "Succeed"}}}),
        roleArn=account.role(STATES, {"s3:GetObject": "*"}),
    )["stateMachineArn"]
    sns, sqs = client_of(running, "sns"), client_of(running, "sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy([anybody])})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return Ends(account, after, topic, queue, sqs)


def test_it_is_started_once_under_the_runs_id_with_what_it_needs(ends: Ends) -> None:
    for _ in range(2):  # as if the response to the first start was lost
        done = ends.run("states:StartExecution")
        assert (done["status"], done["states"]) == ("SUCCEEDED", [START_AFTER_PUBLISHING, "Served"])
        (started,) = ends.started()
        wait_for(lambda: ends.started()[0]["status"] == "SUCCEEDED")
    assert started["name"] == RUN_ID
    given = json.loads(ends.account.states.describe_execution(executionArn=started["executionArn"])["input"])
    assert given.pop("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID").startswith("arn:aws:states:")
    assert given == {
        "plan": GIVEN["plan"],
        "hyperparameters": {"factorization_machines": {"epochs": "2"}, "nearest_neighbours": {"k": "9"}},
        "model": GIVEN["model"],
        "failed": {},
    }


@pytest.mark.parametrize("denied", [True, False], ids=["not allowed", "no such state machine"])
def test_a_failed_start_is_notified_and_the_run_succeeds(denied: bool, ends: Ends) -> None:
    if denied:
        done = ends.run("sns:Publish")
        why = "StepFunctions.AWSStepFunctionsException"
    else:
        done = ends.run("states:StartExecution", "sns:Publish", after=f"{ends.after}-gone")
        why = "StepFunctions.StateMachineDoesNotExistException"
    assert (done["status"], done["states"]) == ("SUCCEEDED", [START_AFTER_PUBLISHING, NOT_STARTED, "Served"])
    reported = ends.message()
    assert reported["Subject"] == f"topx published, AfterPublishing not started - {RUN_ID}"
    assert reported["Message"].startswith(f"Version {RUN_ID} is published. ")
    assert why in reported["Message"]
    assert done["executionArn"] in reported["Message"]
    assert ends.started() == []


def test_a_run_that_cannot_even_tell_is_green(ends: Ends) -> None:
    done = ends.run()
    assert (done["status"], done["states"]) == ("SUCCEEDED", [START_AFTER_PUBLISHING, NOT_STARTED, "Served"])
