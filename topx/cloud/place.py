"""The account and region to deploy to."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import ClientError, NoRegionError

from topx.aws_problems import as_aws_problem
from topx.deployed_stack import Stack


@dataclass(frozen=True)
class Place:
    """An account and a region, and access to them with the current credentials."""

    session: boto3.session.Session
    account: str
    identity: str

    @property
    def region(self) -> str:
        return str(self.session.region_name)

    @cached_property
    def cloudformation(self) -> Any:
        return self.session.client("cloudformation")

    def bootstrap_version(self, qualifier: str) -> int:
        """The version of the ``cdk bootstrap`` resources in the region; 0 if it was never run."""
        try:
            found = self.session.client("ssm").get_parameter(Name=f"/cdk-bootstrap/{qualifier}/version")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return 0
            raise
        return int(found["Parameter"]["Value"])

    def stack(self, name: str) -> Stack | None:
        """CloudFormation's description of a stack, or None if there is none."""
        try:
            return dict(self.cloudformation.describe_stacks(StackName=name)["Stacks"][0])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":  # CloudFormation's error for: no such stack
                return None
            raise

    def output(self, stack: str, name: str) -> str | None:
        """An output of a stack, None if there is no such stack or output."""
        outputs = (self.stack(stack) or {}).get("Outputs", [])
        return next((str(output["OutputValue"]) for output in outputs if output["OutputKey"] == name), None)


def find(profile: str | None, region: str | None) -> Place:
    """The account and region of the current credentials, from STS.

    Raises:
        AwsProblem: without credentials or a region, or if AWS rejects them.
    """
    with as_aws_problem(profile):
        session = boto3.session.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION"))
        if session.region_name is None:
            raise NoRegionError
        caller = session.client("sts").get_caller_identity()
    return Place(session, caller["Account"], caller["Arn"])
