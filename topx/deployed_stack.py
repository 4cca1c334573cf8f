"""A stack on AWS, found by its name, for ``--stack``."""

import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from topx.cloudwatch_logs import CloudWatchLogs
from topx.deployment import Deployment, MissingOutputs, SessionConnection
from topx.problem import Problem

# Step Functions and CloudWatch allow some tens of calls a second for an account, and runs take hours.
SECONDS_BETWEEN_LOOKS = 5.0

_CHANGING = "it is being updated ({status}); wait until CloudFormation is done, then repeat the command"
_NEVER_THERE = (
    "its creation failed ({status}), so it cannot be used; see the stack's events. Delete it, then deploy it again"
)
_HALF_CHANGED = "its last update failed half-way ({status}); see the stack's events. Continue the rollback or deploy"
_GOING = "it is being deleted ({status}), or that failed; deploy it again"
# "Stack status codes", CloudFormation user guide. A stack with any other status works.
UNUSABLE = {
    "CREATE_IN_PROGRESS": "it is still being created ({status}); wait until CloudFormation is done",
    "REVIEW_IN_PROGRESS": "it was never created ({status}); deploy it",
    "CREATE_FAILED": _NEVER_THERE,
    "ROLLBACK_IN_PROGRESS": _NEVER_THERE,
    "ROLLBACK_COMPLETE": _NEVER_THERE,
    "ROLLBACK_FAILED": _NEVER_THERE,
    "UPDATE_IN_PROGRESS": _CHANGING,
    "UPDATE_ROLLBACK_IN_PROGRESS": _CHANGING,
    "IMPORT_IN_PROGRESS": _CHANGING,
    "IMPORT_ROLLBACK_IN_PROGRESS": _CHANGING,
    "UPDATE_FAILED": _HALF_CHANGED,
    "UPDATE_ROLLBACK_FAILED": _HALF_CHANGED,
    "IMPORT_ROLLBACK_FAILED": _HALF_CHANGED,
    "DELETE_IN_PROGRESS": _GOING,
    "DELETE_FAILED": _GOING,
    "DELETE_COMPLETE": _GOING,
}

Stack = dict[str, Any]
"""A stack as returned by CloudFormation's DescribeStacks."""


class StackUnusable(Problem):
    """There is no such stack, or it is not topx's, or its status does not allow using it; the message says which."""


def connect(name: str, *, profile: str | None, region: str | None) -> Deployment:
    """The deployment behind the CloudFormation stack ``name``; changes nothing.

    Args:
        name: of the stack.
        profile: in AWS's configuration files; by default, the environment's.
        region: of the stack; by default, the profile's or the environment's.

    Raises:
        StackUnusable: if there is no such stack, or it cannot be used.
        botocore.exceptions.BotoCoreError: without credentials or a region.
        botocore.exceptions.ClientError: if AWS rejects a call.
    """
    # boto3 ignores AWS_REGION, which for the AWS CLI takes precedence over everything but its own option.
    session = boto3.session.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION"))
    stack = described(session.client("cloudformation"), name, session.region_name)
    # Following a run takes thousands of calls; a retry should be enough for a transient error.
    connection = SessionConnection(session, config=Config(retries={"mode": "standard", "max_attempts": 8}))
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    given = {"--stack": name, "--profile": profile, "--region": region}
    options = [word for option, value in given.items() if value for word in (option, value)]
    try:
        return Deployment(
            outputs,
            connection,
            CloudWatchLogs(connection.client("logs")),
            stack=name,
            options=options,
            seconds_between_looks=SECONDS_BETWEEN_LOOKS,
        )
    except MissingOutputs as missing:
        raise StackUnusable(_not_ours(name, missing)) from missing


def described(cloudformation: Any, name: str, region: str) -> Stack:
    """CloudFormation's description of the stack.

    Raises:
        StackUnusable: if there is none, or its status is one of ``UNUSABLE``.
    """
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # CloudFormation's error for: no such stack
            raise
        raise StackUnusable(
            f"there is no stack {name!r} in {region} for these credentials; --stack must name one that was deployed "
            "(context key stack_name, topx if it was left out). Another region is named with --region, another "
            "account's profile with --profile"
        ) from error
    status = stack["StackStatus"]
    if status in UNUSABLE:
        raise StackUnusable(f"the stack {name!r} cannot be used: {UNUSABLE[status].format(status=status)}")
    return dict(stack)


def _not_ours(name: str, missing: MissingOutputs) -> str:
    return (
        f"the stack {name!r} is not a topx stack: it lacks the outputs {', '.join(missing.names)}. Name the stack that "
        "was deployed from here (context key stack_name), or deploy it again if an older topx made it"
    )
