"""One engine for the session, with the toy container, and clients for it."""

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import engine
from local_aws.engine_home import EngineHome
from local_aws.running_engine import RunningEngine
from local_aws.sagemaker_jobs.endings import Ending
from local_aws.sagemaker_jobs.role_credentials import TakeRole
from local_aws.sagemaker_jobs.service import Caller, LocalSageMaker
from tests.unit.local_aws import sample_requests
from tests.unit.local_aws.toy_engine import ToyCatalogue

LAUNCHER = "tests.unit.local_aws.toy_engine"
_numbers = itertools.count()


def client_of(running: RunningEngine, service: str, **more: Any) -> Any:
    """A client with the administrator's key; ``more`` is added to its configuration."""
    key = running.administrator
    return boto3.session.Session(
        aws_access_key_id=key.access_key, aws_secret_access_key=key.secret_key, region_name=running.region
    ).client(service, endpoint_url=running.endpoint, config=Config(proxies={}, **more))


def make_role(
    running: RunningEngine, arn: str, *allowed: str, services: Sequence[str] = ("sagemaker", "states")
) -> None:
    """A role for these services that may perform these actions on any resource."""
    iam, name = client_of(running, "iam"), arn.rpartition("/")[2]
    principal = {"Service": [f"{service}.amazonaws.com" for service in services]}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    permission = {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=_policy(permission))


def make_roles(running: RunningEngine) -> None:
    """The roles named in the sample requests."""
    make_role(running, sample_requests.ROLE, "iam:PassRole", "s3:*", "sagemaker:*", "logs:*")


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="session")
def running_home(tmp_path_factory: pytest.TempPathFactory) -> EngineHome:
    return EngineHome(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="session")
def running(running_home: EngineHome) -> Iterator[RunningEngine]:
    started = engine.ensure_running(running_home, launcher=LAUNCHER)
    make_roles(started)
    yield started
    engine.stop(running_home)


@pytest.fixture(scope="session")
def s3(running: RunningEngine) -> Any:
    return client_of(running, "s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket with two training files and another one whose key has the same beginning."""
    name = f"bucket-{next(_numbers)}"
    s3.create_bucket(Bucket=name)
    for key, body in (("train/b", b"two"), ("train/a", b"one"), ("test/a", b"three")):
        s3.put_object(Bucket=name, Key=key, Body=body)
    return name


@pytest.fixture
def home(tmp_path: Path) -> EngineHome:
    home = EngineHome(tmp_path)
    home.make_folders()
    return home


@pytest.fixture
def sagemaker(home: EngineHome, running: RunningEngine) -> LocalSageMaker:
    return LocalSageMaker(home, ToyCatalogue(), running.endpoint, administrator_of(running))


def administrator_of(running: RunningEngine) -> TakeRole:
    """Outside the engine's process no role is assumed: jobs transfer their data as the account itself."""
    return lambda _role: running.administrator


class Switch:
    """A caller who may stop the job."""

    def __init__(self) -> None:
        self.ending: Ending | None = None

    @property
    def caller(self) -> Caller:
        return Caller(engine.ACCOUNT, engine.REGION, lambda: self.ending)


@pytest.fixture
def switch() -> Switch:
    return Switch()
