"""The engine as a process: started once, its jobs run from a deployed state machine, and nothing is lost."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local_aws import engine, engine_port, ministack_names, running_engine
from local_aws.engine_home import EngineHome
from local_aws.state_generations import StateGenerations
from tests.file_modes import open_to_others
from tests.unit.local_aws import sample_requests as request_of
from tests.unit.local_aws.conftest import LAUNCHER, client_of, make_roles

SAGEMAKER = "arn:aws:states:::sagemaker:"


def task(action: str, request: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = next(field for field in ("TrainingJobName", "ModelName") if field in request)
    parameters = {field: value for field, value in request.items() if field != name} | {f"{name}.$": "$.name"}
    return {"Type": "Task", "Resource": f"{SAGEMAKER}{action}", "Parameters": parameters, **more}


def machine(states: Any, job: dict[str, Any]) -> str:
    """A state machine that names its job and runs it; its ARN."""
    definition = {
        "StartAt": "Name it",
        "States": {
            "Name it": {
                "Type": "Pass",
                "Parameters": {"name.$": "States.Format('fm-{}', States.UUID())"},
                "Next": "Train",
            },
            "Train": {**job, "Next": "Done"},
            "Done": {"Type": "Succeed"},
            "Go on": {"Type": "Wait", "Seconds": 60, "Next": "Done"},
        },
    }
    made = states.create_state_machine(
        name=f"machine-{time.time_ns()}", definition=json.dumps(definition), roleArn=request_of.ROLE
    )
    return str(made["stateMachineArn"])


def ended(states: Any, arn: str, seconds: float = 30) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while (described := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        assert time.monotonic() < deadline, "the execution goes on and on"
        time.sleep(0.02)
    return dict(described)


def wait_for(condition: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class TestExecutions:
    @pytest.fixture
    def states(self, running: engine.RunningEngine) -> Any:
        return client_of(running, "stepfunctions")

    def test_a_job_runs_and_its_document_is_the_states_result(self, states: Any, bucket: str) -> None:
        arn = machine(states, task("createTrainingJob.sync", request_of.training(bucket=bucket)))
        done = ended(states, states.start_execution(stateMachineArn=arn)["executionArn"])
        assert done["status"] == "SUCCEEDED"
        output = json.loads(done["output"])
        assert output["TrainingJobStatus"] == "Completed"
        assert output["ModelArtifacts"]["S3ModelArtifacts"].startswith(f"s3://{bucket}/models/fm-")

    def test_a_failed_job_fails_its_state_with_its_document(self, states: Any, bucket: str) -> None:
        request = request_of.training(bucket=bucket, Environment={"TOY": "failure file"})
        arn = machine(states, task("createTrainingJob.sync", request))
        done = ended(states, states.start_execution(stateMachineArn=arn)["executionArn"])
        assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
        assert json.loads(done["cause"])["FailureReason"].startswith("the loss is NaN")

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"HyperParameter": {}}, "States.Runtime"),
            ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "SageMaker.AmazonSageMakerException"),
        ],
    )
    def test_a_bad_request_fails_its_state(self, change: Any, error: str, states: Any, bucket: str) -> None:
        arn = machine(states, task("createTrainingJob.sync", request_of.training(bucket=bucket, **change)))
        done = ended(states, states.start_execution(stateMachineArn=arn)["executionArn"])
        assert (done["status"], done["error"]) == ("FAILED", error)

    @pytest.mark.parametrize(
        ("resource", "error"), [("createTrainingJob", "States.Runtime"), ("createEndpoint", "States.Runtime")]
    )
    def test_an_action_that_is_not_offered_says_so(self, resource: str, error: str, states: Any, bucket: str) -> None:
        arn = machine(states, task(resource, request_of.training(bucket=bucket)))
        done = ended(states, states.start_execution(stateMachineArn=arn)["executionArn"])
        assert done["error"] == error
        assert "createTrainingJob.sync" in done["cause"]

    def test_deleting_an_unknown_model_through_the_sdk_integration_fails(self, states: Any) -> None:
        job = {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sagemaker:deleteModel",
            "Parameters": {"ModelName.$": "$.name"},
        }
        done = ended(states, states.start_execution(stateMachineArn=machine(states, job))["executionArn"])
        assert done["error"] == "SageMaker.SageMakerException"
        assert "Could not find model" in done["cause"]

    def test_stopping_an_execution_ends_its_job_and_it_stays_aborted(
        self, states: Any, bucket: str, tmp_path: Path
    ) -> None:
        pids = tmp_path / "pids"
        request = request_of.training(bucket=bucket, Environment={"TOY": "sleep", "TOY_PIDS": str(pids)})
        retry = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 5}]
        arn = machine(states, task("createTrainingJob.sync", request, Retry=retry))
        execution = states.start_execution(stateMachineArn=arn)["executionArn"]
        found = wait_for(lambda: pids.exists() and pids.read_text().split())
        states.stop_execution(executionArn=execution, error="Operator", cause="enough")
        wait_for(lambda: not any(is_alive(int(pid)) for pid in found))
        time.sleep(1.5)  # longer than the retry would take
        described = states.describe_execution(executionArn=execution)
        assert (described["status"], described["error"]) == ("ABORTED", "Operator")
        events = states.get_execution_history(executionArn=execution)["events"]
        assert [event["type"] for event in events].count("TaskScheduled") == 1
        assert events[-1]["type"] != "ExecutionFailed"

    def test_a_tasks_time_out_ends_its_job_also_when_the_execution_goes_on(
        self, states: Any, bucket: str, tmp_path: Path
    ) -> None:
        pids = tmp_path / "pids"
        request = request_of.training(bucket=bucket, Environment={"TOY": "sleep", "TOY_PIDS": str(pids)})
        caught = [{"ErrorEquals": ["States.Timeout"], "Next": "Go on"}]
        arn = machine(states, task("createTrainingJob.sync", request, TimeoutSeconds=3, Catch=caught))
        execution = states.start_execution(stateMachineArn=arn)["executionArn"]
        found = wait_for(lambda: pids.exists() and pids.read_text().split())
        wait_for(lambda: not any(is_alive(int(pid)) for pid in found))
        assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
        states.stop_execution(executionArn=execution)


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[EngineHome]:
    """A home whose engine is stopped after the test."""
    home = EngineHome(tmp_path / "topx")
    yield home
    engine.stop(home)


def start(home: EngineHome) -> engine.RunningEngine:
    return engine.ensure_running(home, launcher=LAUNCHER)


def saved(home: EngineHome, service: str) -> str:
    """What is saved of a service; for DynamoDB, including its items."""
    newest = StateGenerations(home.state).newest
    if newest is None:
        return ""
    files = [newest / f"{service}.json", *(newest.glob("*.items") if service == "dynamodb" else ())]
    return "".join(path.read_bytes().decode(errors="replace") for path in files if path.exists())


def publish_something(running: engine.RunningEngine) -> tuple[str, str]:
    """A bucket, a table with an item, and an execution that trained a model; the execution's and the model's names."""
    s3, dynamodb, states = (client_of(running, name) for name in ("s3", "dynamodb", "stepfunctions"))
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="train/a", Body=b"one")
    dynamodb.create_table(
        TableName="lists",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="lists", Item={"pk": {"S": "user#42"}, "items": {"L": [{"S": "7"}]}})
    make_roles(running)
    arn = machine(states, task("createTrainingJob.sync", request_of.training(bucket="kept")))
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    done = ended(states, execution)
    assert done["status"] == "SUCCEEDED", done
    return execution, json.loads(done["output"])["TrainingJobName"]


def assert_still_there(running: engine.RunningEngine, execution: str, job: str) -> None:
    s3, dynamodb, states = (client_of(running, name) for name in ("s3", "dynamodb", "stepfunctions"))
    assert s3.get_object(Bucket="kept", Key=f"models/{job}/output/model.tar.gz")["ContentLength"] > 0
    item = dynamodb.get_item(TableName="lists", Key={"pk": {"S": "user#42"}})["Item"]
    assert item["items"]["L"] == [{"S": "7"}]
    assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


class TestProcess:
    def test_what_was_published_survives_a_kill_and_a_stop(self, own_home: EngineHome) -> None:
        running = start(own_home)
        execution, job = publish_something(running)
        # The state is saved at the end of an execution, without a request.
        wait_for(lambda: "user#42" in saved(own_home, "dynamodb") and job in saved(own_home, "stepfunctions"))
        wait_for(lambda: "kept" in saved(own_home, "s3"))
        os.kill(running.pid, signal.SIGKILL)
        wait_for(lambda: engine.status(own_home) is None)

        again = start(own_home)
        assert again.endpoint == running.endpoint
        assert_still_there(again, execution, job)
        assert engine.stop(own_home)
        assert engine.status(own_home) is None

        assert_still_there(start(own_home), execution, job)

    def test_saves_when_asked(self, running: engine.RunningEngine, running_home: EngineHome) -> None:
        client_of(running, "sns").create_topic(Name="just-made")
        assert "just-made" not in saved(running_home, "sns")
        engine.save_state(running)
        assert "just-made" in saved(running_home, "sns")

    def test_stopping_it_ends_the_jobs(self, own_home: EngineHome, tmp_path: Path) -> None:
        running, pids = start(own_home), tmp_path / "pids"
        s3, states = client_of(running, "s3"), client_of(running, "stepfunctions")
        s3.create_bucket(Bucket="kept")
        s3.put_object(Bucket="kept", Key="train/a", Body=b"one")
        request = request_of.training(bucket="kept", Environment={"TOY": "sleep", "TOY_PIDS": str(pids)})
        make_roles(running)
        arn = machine(states, task("createTrainingJob.sync", request))
        execution = states.start_execution(stateMachineArn=arn)["executionArn"]
        found = wait_for(lambda: pids.exists() and pids.read_text().split())
        assert engine.stop(own_home)
        wait_for(lambda: not any(is_alive(int(pid)) for pid in found))
        again = client_of(start(own_home), "stepfunctions").describe_execution(executionArn=execution)
        assert again["status"] == "FAILED"

    def test_two_that_ask_at_once_get_one_engine(self, own_home: EngineHome) -> None:
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(lambda _: start(own_home), range(3)))
        assert len({running.pid for running in found}) == 1
        assert engine.status(own_home) == found[0]

    def test_a_second_engine_of_a_home_ends_at_once(self, running: engine.RunningEngine, tmp_path: Path) -> None:
        home = EngineHome(tmp_path)
        home.make_folders()
        with home.running_lock.open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            second = subprocess.run(
                [sys.executable, "-m", LAUNCHER, str(tmp_path)],
                env={**os.environ, "GATEWAY_PORT": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
        assert second.returncode == engine.DECLINED
        assert "already running" in second.stderr

    def test_listens_on_this_machine_only(self, running: engine.RunningEngine) -> None:
        port = int(running.endpoint.rsplit(":", 1)[1])
        listening = {
            line.split()[1].split(":")[0]
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
            if line.split()[3] == "0A" and int(line.split()[1].split(":")[1], 16) == port
        }
        assert listening == {"0100007F"}

    def test_closes_a_home_that_an_earlier_version_left_open(self, own_home: EngineHome) -> None:
        own_home.make_folders()
        left = own_home.jobs / "fm-1"
        left.mkdir()
        (left / "log.txt").touch()
        for path in (own_home.root, *own_home.root.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        start(own_home)
        assert open_to_others(own_home.root) == {}

    def test_leaves_what_else_is_in_a_folder_to_those_whose_it_is(self, own_home: EngineHome) -> None:
        own_home.make_folders()
        for folder in (own_home.root, own_home.root / "photos"):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
        start(own_home)
        assert set(open_to_others(own_home.root)) == {str(own_home.root), str(own_home.root / "photos")}

    def test_another_homes_key_is_refused_with_what_to_do(self, own_home: EngineHome) -> None:
        running = start(own_home)
        client_of(running, "s3").list_buckets()  # now it is warm, and answers in time however busy this machine is
        whole = own_home.secret.read_text()
        own_home.secret.unlink()
        for command in (lambda: start(own_home), lambda: engine.stop(own_home)):
            with pytest.raises(engine.KeyRefused, match=f"its secret was replaced since.*kill {running.pid}"):
                command()
        own_home.secret.write_text(whole)

    def test_an_engine_of_an_earlier_version_is_distinguished(
        self, running: engine.RunningEngine, running_home: EngineHome, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running_engine, "HEALTH", "/_topx/health")  # the one has no route of the other
        with pytest.raises(engine.KeyRefused, match=f"an earlier version started it.*kill {running.pid}"):
            start(running_home)

    def test_a_taken_port_is_named(self, own_home: EngineHome) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(engine_port.PortRefused, match=f"{port} was asked for, which is taken"):
                engine.ensure_running(own_home, port=port, launcher=LAUNCHER)

    def test_an_engine_that_cannot_start_says_its_last_words(self, own_home: EngineHome) -> None:
        with pytest.raises(engine.EngineFailed, match="No module named"):
            engine.ensure_running(own_home, launcher="local_aws.no_such_launcher")

    def test_stopping_what_does_not_run_is_no_error(self, own_home: EngineHome) -> None:
        assert engine.stop(own_home) is False
        own_home.make_folders()
        own_home.address.write_text('{"pid": 1, "port": 1, "region": "x", "account": "y"}')
        assert engine.status(own_home) is None
        assert engine.stop(own_home) is False

    def test_an_engine_that_will_not_end_is_reported_and_not_killed(self, own_home: EngineHome, tmp_path: Path) -> None:
        running = start(own_home)
        os.kill(running.pid, signal.SIGSTOP)
        try:
            with pytest.raises(engine.EngineFailed, match=r"has not ended after 0\.2 s"):
                engine.stop(own_home, seconds=0.2)
            assert engine.status(own_home) is not None
        finally:
            os.kill(running.pid, signal.SIGCONT)


class TestSupportedVersion:
    def test_the_installed_one_is_supported(self) -> None:
        ministack_names.check()

    def test_another_version_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ministack_names.metadata, "version", lambda name: "1.6.0")
        with pytest.raises(ministack_names.UnsupportedEngine, match=r"1\.6\.0 is installed, .* made for 1\.5\.33"):
            ministack_names.check()

    def test_a_missing_private_name_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(ministack_names.NAMES, "ministack.services.stepfunctions", ("_gone",))
        with pytest.raises(ministack_names.UnsupportedEngine, match="has no _gone"):
            ministack_names.check()
