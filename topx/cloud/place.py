"""The account and region that are to be changed, and whether they are ready for it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError, NoRegionError

from topx.aws_problems import told_in_a_sentence
from topx.home import REPOSITORY
from topx.problem import Problem

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
# What a template of the pinned CDK demands (its rule CheckBootstrapVersion).
BOOTSTRAP_VERSION = 6
_REGISTRY = REPOSITORY / "infra" / "algorithm_registry.json"


class NotReady(Problem):
    """The account, the region or this machine lack something; the message says all of it."""


@dataclass(frozen=True)
class Place:
    """An account and a region, as seen with the credentials at hand."""

    session: boto3.session.Session
    account: str
    identity: str

    @property
    def region(self) -> str:
        return str(self.session.region_name)

    @cached_property
    def cloudformation(self) -> Any:
        return self.session.client("cloudformation")

    @property
    def bootstrap_version(self) -> int:
        """Of what ``cdk bootstrap`` has left in the region; 0 when it was never run."""
        try:
            found = self.session.client("ssm").get_parameter(Name=BOOTSTRAP_PARAMETER)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return 0
            raise
        return int(found["Parameter"]["Value"])

    def stack(self, name: str) -> dict[str, Any] | None:
        """CloudFormation's description of a stack, or None when there is none."""
        try:
            return dict(self.cloudformation.describe_stacks(StackName=name)["Stacks"][0])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":  # CloudFormation's word for: no such stack
                return None
            raise

    def output(self, stack: str, name: str) -> str | None:
        """An output of a stack, None when there is no such stack or output."""
        outputs = (self.stack(stack) or {}).get("Outputs", [])
        return next((str(output["OutputValue"]) for output in outputs if output["OutputKey"] == name), None)


def find(profile: str | None, region: str | None) -> Place:
    """Where the credentials at hand lead to; AWS is asked who they are.

    Raises:
        AwsProblem: without credentials or a region, or when AWS does not take them.
    """
    with told_in_a_sentence(profile):
        session = boto3.session.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION"))
        if session.region_name is None:
            raise NoRegionError
        caller = session.client("sts").get_caller_identity()
    return Place(session, caller["Account"], caller["Arn"])


def refuse_unready(place: Place) -> None:
    """Make sure that a deployment to ``place`` can succeed as far as can be seen from here.

    Raises:
        NotReady: with everything that is missing.
    """
    missing = list(_missing(place))
    if missing:
        raise NotReady("nothing was deployed. " + " ".join(missing))


def _missing(place: Place) -> Iterator[str]:
    if place.region not in json.loads(_REGISTRY.read_text(encoding="utf-8"))["accounts"]:
        yield f"SageMaker's built-in algorithms are not in {place.region}: see infra/{_REGISTRY.name} for others."
    version = place.bootstrap_version
    if version < BOOTSTRAP_VERSION:
        state = f"is bootstrapped with version {version} of {BOOTSTRAP_VERSION}" if version else "is not bootstrapped"
        yield f"Region {place.region} of account {place.account} {state}: make bootstrap, once for each region."
    yield from _missing_docker()


def _missing_docker() -> Iterator[str]:
    program = os.environ.get("CDK_DOCKER", "docker")
    if shutil.which(program) is None:
        yield (
            f"{program} was not found, and two images must be built: install docker, or name another such program "
            f"in CDK_DOCKER, for instance podman or finch."
        )
    elif subprocess.run([program, "info"], capture_output=True, check=False).returncode:
        yield f"{program} does not answer ({program} info fails): start its service, or have the right to use it."
