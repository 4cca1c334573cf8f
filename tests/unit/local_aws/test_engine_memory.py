"""What the engine keeps when it is killed, when the disk is full, and when its files were changed."""

import io
import json
import os
import resource
import signal
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import engine, engine_port
from local_aws.engine_home import EngineHome
from tests.unit.local_aws import sample_requests as request_of
from tests.unit.local_aws.conftest import LAUNCHER, client_of, make_roles
from tests.unit.local_aws.test_engine import is_alive, machine, task, wait_for
from topx.__main__ import main

LIMIT = 300_000


class Engine:
    """One home's engine, started when needed."""

    def __init__(self, home: EngineHome) -> None:
        self.home = home

    def start(self) -> engine.RunningEngine:
        return engine.ensure_running(self.home, launcher=LAUNCHER)

    def client(self, service: str) -> Any:
        return client_of(self.start(), service)

    def kill(self) -> None:
        os.kill(self.start().pid, signal.SIGKILL)
        wait_for(lambda: engine.status(self.home) is None)

    def limit_files(self, size: int) -> None:
        """From now on the kernel limits the running engine's files to this length; -1 removes the limit."""
        resource.prlimit(self.start().pid, resource.RLIMIT_FSIZE, (size, -1))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that is killed and restarted between tests."""
    home = EngineHome(tmp_path_factory.mktemp("memory"))
    yield (own := Engine(home))
    own.limit_files(-1)  # even if the test that set a limit has failed
    engine.stop(home)


def make_function(lambdas: Any) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("answer.py", "def handler(event, context):\n    return 'done'\n")
    lambdas.create_function(
        FunctionName="answer",
        Runtime="python3.11",
        Role=request_of.ROLE,
        Handler="answer.handler",
        Code={"ZipFile": code.getvalue()},
    )


def put_user(dynamodb: Any, user: str, size: int) -> None:
    item = {"pk": {"S": user}, "items": {"S": "7" * size}}
    dynamodb.put_item(TableName="lists", Item=item)


def user_exists(own: Engine, user: str) -> bool:
    return "Item" in own.client("dynamodb").get_item(TableName="lists", Key={"pk": {"S": user}})


@pytest.fixture(scope="module", autouse=True)
def furnished(own: Engine) -> None:
    """A table from a stack like the product's, and a function, both saved."""
    properties = {
        "TableName": "lists",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    template = {"Resources": {"Lists": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}
    cloudformation = own.client("cloudformation")
    cloudformation.create_stack(StackName="lists", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="lists", WaiterConfig={"Delay": 1})
    own.client("s3").create_bucket(Bucket="kept")
    make_roles(own.start())
    make_function(own.client("lambda"))
    engine.save_state(own.start())


def test_a_stacks_table_has_its_items_on_disk(own: Engine) -> None:
    def logged() -> int:
        return sum(path.stat().st_size for path in own.home.items.iterdir())

    before = logged()
    put_user(own.client("dynamodb"), "logged", 50_000)
    assert logged() > before + 50_000


def test_a_kill_loses_nothing_that_was_answered_and_leaves_nothing_behind(own: Engine, tmp_path: Path) -> None:
    s3, states, pids = own.client("s3"), own.client("stepfunctions"), tmp_path / "pids"
    s3.put_object(Bucket="kept", Key="train/a", Body=b"one")
    request = request_of.training(bucket="kept", Environment={"TOY": "sleep", "TOY_PIDS": str(pids)})
    arn = machine(states, task("createTrainingJob.sync", request))
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    found = wait_for(lambda: pids.exists() and pids.read_text().split())
    (own.home.temporary / "left").mkdir()
    put_user(own.client("dynamodb"), "told", 1)
    own.client("lambda").invoke(FunctionName="answer")
    own.kill()

    assert user_exists(own, "told")
    assert json.load(own.client("lambda").invoke(FunctionName="answer")["Payload"]) == "done"
    described = own.client("stepfunctions").describe_execution(executionArn=execution)
    assert (described["status"], described["error"]) == ("FAILED", "States.ServiceRestart")
    wait_for(lambda: not any(is_alive(int(pid)) for pid in found))
    (folder,) = own.home.jobs.iterdir()
    job = json.loads((folder / "job.json").read_text())
    assert (job["TrainingJobStatus"], job["FailureReason"][:19]) == ("Failed", "InternalServerError")
    assert not (folder / "ml").exists()
    assert not list(own.home.children.iterdir())
    assert not (own.home.temporary / "left").exists()


def test_a_full_disk_is_reported_and_loses_nothing(own: Engine) -> None:
    dynamodb, before = own.client("dynamodb"), sorted(own.home.state.iterdir())
    own.limit_files(LIMIT)
    put_user(dynamodb, "large", LIMIT)
    with pytest.raises(engine.EngineFailed, match=r"could not be saved \(.*File too large.*Make room"):
        engine.save_state(own.start())
    with pytest.raises(ClientError, match=r"StateNotSaved.*it was done, but is lost when the embedded AWS ends"):
        own.client("lambda").invoke(FunctionName="answer")
    with pytest.raises(ClientError, match=r"StateNotSaved.*s3://kept/large could not be written to disk"):
        own.client("s3").put_object(Bucket="kept", Key="large", Body=bytes(LIMIT + 1))
    with pytest.raises(engine.EngineFailed, match="not stopped, because it would forget"):
        engine.stop(own.home)
    assert sorted(own.home.state.iterdir()) == before

    own.limit_files(-1)
    assert engine.stop(own.home)
    assert user_exists(own, "large")
    assert user_exists(own, "told")


def test_a_damaged_state_is_not_begun_with(own: Engine) -> None:
    put_user(own.client("dynamodb"), "newest", 1)
    engine.stop(own.home)
    newest = max((path for path in own.home.state.iterdir()), key=lambda path: int(path.name))
    (newest / "dynamodb.json").unlink()
    (newest / "dynamodb.json").write_text('{"__ministack')
    with pytest.raises(engine.EngineFailed, match=r"dynamodb\.json cannot be read.*remove the folder"):
        own.start()
    assert (newest / "dynamodb.json").exists()
    for file in newest.iterdir():
        file.unlink()
    newest.rmdir()
    assert user_exists(own, "told")
    assert not user_exists(own, "newest")


def test_an_address_that_cannot_be_read_is_named(own: Engine) -> None:
    own.start()
    whole = own.home.address.read_text()
    own.home.address.write_text(whole[:9])
    with pytest.raises(engine.EngineFailed, match=r"engine\.json does not say where the running engine listens"):
        own.start()
    own.home.address.write_text(whole)


def test_a_process_id_and_a_port_that_are_others_now_are_left_alone(
    own: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.kill()
    address = json.loads(own.home.address.read_text())
    own.home.address.write_text(json.dumps({**address, "pid": os.getpid()}))  # SIGTERM would end this test
    assert engine.status(own.home) is None
    assert engine.stop(own.home) is False
    choose = engine_port.choose
    with socket.socket() as taken:
        taken.bind((engine_port.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = iter([port])  # it was free when it was chosen
        monkeypatch.setattr(engine_port, "choose", lambda home, asked: next(ports, None) or choose(home, asked))
        again = own.start()
    assert again.pid != os.getpid()
    assert not again.endpoint.endswith(f":{port}")


class TestHomesThatCannotBeUsed:
    """What a user sees: a sentence and exit code 1."""

    @pytest.fixture
    def said(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
        def run(home: Path, *command: str) -> str:
            monkeypatch.setenv("TOPX_HOME", str(home))
            monkeypatch.delenv("TOPX_PORT", raising=False)
            assert main(command) == 1
            return capsys.readouterr().err

        return run

    def test_a_file_in_the_folders_place(self, said: Callable[..., str], tmp_path: Path) -> None:
        (tmp_path / "home").touch()
        for command in ("runs", "run", "stop"):
            assert "a file is where a folder must be" in said(tmp_path / "home", command)

    def test_a_folder_that_nobody_may_write(self, said: Callable[..., str]) -> None:
        assert "/proc/topx cannot be written (No such file or directory): get write permission" in said(
            Path("/proc/topx"), "runs"
        )

    def test_no_room(self, said: Callable[..., str], tmp_path: Path) -> None:
        home = EngineHome(tmp_path)
        home.make_folders()
        (home.engine / f"probe-{os.getpid()}").symlink_to("/dev/full")
        assert f"the disk of {home.engine}" in said(tmp_path, "runs")
