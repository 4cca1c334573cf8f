"""The deployed definition's handling of a failed job, on an engine that lacks instances, with the function itself."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from infra.workflow import definition
from local_aws import engine
from local_aws.engine_home import EngineHome
from local_aws.places import ROOT
from tests import engine_hook
from tests.engine_hook.shortage import NO_CAPACITY
from tests.unit.local_aws import sample_requests as request_of
from tests.unit.local_aws.conftest import LAUNCHER, client_of, make_role
from tests.unit.local_aws.test_engine import ended
from topx.execution import Workflow, snapshot
from workflow.failed_job_stages import AGAIN, DETOUR, LOOK, WAIT
from workflow.failed_run import look
from workflow.failure_message import failure_message
from workflow.state_timings import states_of

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:look"
STATE = "Train k-NN"


@dataclass
class Trained:
    """An execution that has ended."""

    states: Any
    arn: str
    described: dict[str, Any]

    @property
    def visits(self) -> list[str]:
        events = self.states.get_execution_history(executionArn=self.arn, maxResults=1000)["events"]
        return [state.name for state in states_of(events)]


class Machines:
    """Deploys the definition's k-NN training and the handling of its failure, around a toy's request."""

    def __init__(self, running: engine.RunningEngine) -> None:
        self.running = running
        self.states, self.s3 = client_of(running, "stepfunctions"), client_of(running, "s3")
        self.s3.create_bucket(Bucket="data")
        self.s3.put_object(Bucket="data", Key="train/a", Body=b"one")
        allowed = ("iam:PassRole", "s3:*", "sagemaker:*", "logs:*", "lambda:*")
        make_role(running, request_of.ROLE, *allowed, services=("sagemaker", "states", "lambda"))
        client_of(running, "lambda").create_function(
            FunctionName="look",
            Runtime="python3.14",
            Role=request_of.ROLE,
            Handler="lambdas.handlers.look_at_failed_job.handler",
            Code={"ZipFile": sources()},
            Timeout=60,
        )

    def run(self, **toy: str) -> Trained:
        request = request_of.training(Environment={"TOY": "", **toy})
        request = {name: value for name, value in request.items() if name != "TrainingJobName"}
        states = {name: dict(definition()["States"][name]) for name in (STATE, LOOK, WAIT, AGAIN)}
        named = definition()["States"][STATE]["Parameters"]["TrainingJobName.$"]
        states[STATE] |= {"Parameters": {**request, "TrainingJobName.$": named}, "Next": "Done"}
        states[AGAIN]["Choices"] = [choice for choice in states[AGAIN]["Choices"] if choice["Next"] == STATE]
        states[AGAIN]["Default"] = "Done"
        text = json.dumps({"StartAt": STATE, "States": {**states, "Done": {"Type": "Succeed"}}})
        text = text.replace("${Partition}", "aws").replace("${LookAtFailedJobFunctionArn}", FUNCTION)
        machine = self.states.create_state_machine(
            name=f"m{len(self.states.list_state_machines()['stateMachines'])}", definition=text, roleArn=request_of.ROLE
        )["stateMachineArn"]
        given = json.dumps({"plan": {"knn": {"base": "topx-nn-261123t0300-a9711f"}}, "failed": {}})
        arn = self.states.start_execution(stateMachineArn=machine, input=given)["executionArn"]
        return Trained(self.states, arn, ended(self.states, arn, 60))


def sources() -> bytes:
    """The functions' code, as deployed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for folder in ("lambdas", "workflow", "contract", "sagemaker_contract"):
            for file in (ROOT / folder).glob("*.*"):
                archive.write(file, f"{folder}/{file.name}")
    return packed.getvalue()


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """An engine without an instance for the first two jobs, which shortens waits to a thousandth."""
    home = EngineHome(tmp_path_factory.mktemp("shortage"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFN_WAIT_SCALE", "0.001")
        patch.setenv(engine.HOOK, engine_hook.NAME)
        patch.setenv(engine_hook.SHORTAGE, "nn:2")
        yield Machines(engine.ensure_running(home, launcher=LAUNCHER))
    engine.stop(home)


def test_two_lacks_of_an_instance_are_outlasted_and_then_the_job_succeeds(machines: Machines) -> None:
    trained = machines.run()
    assert trained.described["status"] == "SUCCEEDED", trained.described
    assert trained.visits == [STATE, LOOK, WAIT, AGAIN, STATE, LOOK, WAIT, AGAIN, STATE, "Done"]
    output = json.loads(trained.described["output"])
    assert output["failed"]["repeats"] == {"CAPACITY": 2}
    assert output["knn"]["status"] == "Completed"
    causes = [
        json.loads(event["taskFailedEventDetails"]["cause"])
        for event in machines.states.get_execution_history(executionArn=trained.arn)["events"]
        if event["type"] == "TaskFailed"
    ]
    assert [cause["FailureReason"] for cause in causes] == [NO_CAPACITY] * 2
    assert len({cause["TrainingJobName"] for cause in causes}) == 2, "a job's name is never used twice"


def test_a_job_whose_container_failed_is_retried_once_and_reported_with_its_state(machines: Machines) -> None:
    trained = machines.run(TOY="exit 3")
    assert (trained.described["status"], trained.described["error"]) == ("FAILED", "JobFailed")
    assert trained.visits == [STATE, LOOK, WAIT, AGAIN, STATE, LOOK]
    run = look(machines.states, trained.arn)
    assert run.state is not None
    assert run.state.name == STATE
    assert run.job is not None
    assert run.job[1].startswith("topx-nn-261123t0300-a9711f-")
    message = failure_message(run, current=None, places={})
    assert f"({STATE})" in message.subject
    assert f'in state "{STATE}": See job logs for more information, exit code: 3' in message.text
    assert not any(name in message.text for name in DETOUR)
    shown = snapshot(machines.states, trained.arn)
    workflow = Workflow.of(json.dumps(definition()))
    assert shown.failed_state is not None
    assert (shown.failed_state.name, workflow.job(shown.failed_state)) != (STATE, None)
