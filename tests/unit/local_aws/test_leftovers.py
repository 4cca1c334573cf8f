"""An engine starts whatever a killed one left, and ends only that one's processes."""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws import engine_leftovers
from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs.container_process import ContainerProcess, Program, clean_environment
from local_aws.sagemaker_jobs.endings import RequestInvalid
from local_aws.sagemaker_jobs.job import TRAINING
from local_aws.sagemaker_jobs.job_register import JobRegister
from local_aws.sagemaker_jobs.models import Models
from local_aws.sagemaker_jobs.orphans import end_orphans

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def bystander() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that does not belong to the engine, with its own process group."""
    process = subprocess.Popen(SLEEP, start_new_session=True)
    yield process
    process.kill()
    process.wait()


def container(home: EngineHome, name: str) -> ContainerProcess:
    tree = home.jobs / name / "ml"
    tree.mkdir(parents=True)
    environment = clean_environment(tree, extra={}, own=os.environ)
    return ContainerProcess(
        lambda held, log: Program(SLEEP, environment, held, log), home.jobs / name / "log.txt", home.children / name
    )


def half_written(bystander: int) -> list[bytes]:
    """Possible contents of a record: every prefix of a number, and things that are not numbers."""
    whole = str(bystander).encode()
    return [
        *(whole[:length] for length in range(len(whole) + 1)),
        b"0",
        b"-1",
        b"1",
        b"\0" * 8,
        b"\xff\xfe",
        b"12 34\n",
    ]


def test_a_record_of_any_content_ends_its_own_process_and_no_other(
    home: EngineHome, bystander: "subprocess.Popen[bytes]"
) -> None:
    left = half_written(bystander.pid)
    processes = [container(home, f"job-{number}") for number in range(len(left))]
    for number, content in enumerate(left):
        (home.children / f"job-{number}").write_bytes(content)
        (home.children / f"gone-{number}").write_bytes(content)  # their process has ended
    groups = {process._process.pid for process in processes}
    assert set(end_orphans(home.children)) == groups
    assert {process._process.wait(10) for process in processes} == {-9}
    assert bystander.poll() is None
    assert list(home.children.iterdir()) == []


def test_who_only_has_a_record_open_or_locked_is_left_alone(home: EngineHome) -> None:
    """A backup, an editor, a user's shell script."""
    opened, locked = home.children / "opened", home.children / "locked"
    with opened.open("w") as reading, locked.open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        descriptors = (reading.fileno(), guard.fileno())
        foreign = subprocess.Popen(SLEEP, start_new_session=True, pass_fds=descriptors)
    try:
        assert end_orphans(home.children) == []
        time.sleep(0.1)
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


def test_what_is_no_record_does_not_keep_an_engine_from_starting(home: EngineHome) -> None:
    (home.children / "folder").mkdir()
    (home.children / "link").symlink_to("nowhere")
    engine_leftovers.clear(home)
    assert (home.children / "folder").is_dir()


JOB = {"TrainingJobName": "fm-1", "TrainingJobStatus": "InProgress", "CreationTime": 1}
MODEL = {"ModelName": "nn-1", "ModelArn": "arn", "CreationTime": 1}


@pytest.mark.parametrize("length", range(len(json.dumps(JOB)) + 1))
def test_a_job_whose_record_was_half_written_is_not_found(length: int, home: EngineHome) -> None:
    (home.jobs / "fm-1" / "ml").mkdir(parents=True)
    record = home.jobs / "fm-1" / "job.json"
    record.write_text(json.dumps(JOB)[:length])
    engine_leftovers.clear(home)
    assert not (home.jobs / "fm-1" / "ml").exists()
    if length == len(json.dumps(JOB)):
        assert JobRegister(home.jobs).describe(TRAINING, "fm-1")["TrainingJobStatus"] == "Failed"
        return
    with pytest.raises(RequestInvalid, match="Could not find requested job"):
        JobRegister(home.jobs).describe(TRAINING, "fm-1")


@pytest.mark.parametrize("content", [json.dumps(MODEL)[:length] for length in range(len(json.dumps(MODEL)))] + ["[]"])
def test_a_model_whose_record_was_half_written_was_never_made(content: str, home: EngineHome) -> None:
    models = Models(home.models)
    models.create({"ModelName": "nn-0"}, "arn-0")
    (home.models / "nn-1.json").write_text(content)
    (home.models / "nn-2-abcd.draft").write_text(content)
    engine_leftovers.clear(home)
    assert [model["ModelName"] for model in models.all()] == ["nn-0"]
    models.create({"ModelName": "nn-1"}, "arn-1")
    assert {path.name for path in home.models.iterdir()} == {"nn-0.json", "nn-1.json"}


def test_a_models_name_is_used_once(home: EngineHome) -> None:
    models = Models(home.models)
    models.create({"ModelName": "nn-0"}, "arn")
    with pytest.raises(RequestInvalid, match="already existing"):
        models.create({"ModelName": "nn-0"}, "arn")
    assert [path.name for path in Path(home.models).iterdir()] == ["nn-0.json"]
