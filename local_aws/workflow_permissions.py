"""The permissions that AWS requires of a state machine's role for each of its calls.

Sources: "Create and manage Amazon SageMaker AI jobs with Step Functions", "Start a new AWS Step Functions state machine
from a running execution" and "IAM policies for using Distributed Map states" in the Step Functions developer guide.
Step Functions tags what it creates in SageMaker.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.authorization import Need

_LAMBDA = re.compile(r"arn:aws:states:::lambda:invoke")
_JOB = re.compile(r"arn:aws:states:::sagemaker:create(Training|Processing|Transform)Job\.sync")
_CREATE_MODEL = "arn:aws:states:::sagemaker:createModel"
_DELETE_MODEL = "arn:aws:states:::aws-sdk:sagemaker:deleteModel"
_START = "arn:aws:states:::states:startExecution"
_PUBLISH = "arn:aws:states:::sns:publish"
_KNOWN = (
    "lambda:invoke",
    *(f"sagemaker:create{kind}Job.sync" for kind in ("Training", "Processing", "Transform")),
    "sagemaker:createModel",
    "aws-sdk:sagemaker:deleteModel",
    "states:startExecution",
    "sns:publish",
)


class PermissionsUnknown(Exception):
    """The permissions of this kind of task are not implemented, so it is not run."""


@dataclass(frozen=True)
class Needs:
    """The permissions needed before a call, after its end, and to stop it; and the error of a denial."""

    error: str
    service: str
    before: tuple[Need, ...]
    after: tuple[Need, ...] = ()
    to_stop: tuple[Need, ...] = ()

    def message_of(self, denial: Exception) -> str:
        """A denial as Step Functions passes it on."""
        return f"{denial} (Service: {self.service}; Status Code: 403; Error Code: AccessDeniedException)"


def needs_of(resource: str, parameters: Mapping[str, Any], account: str, region: str) -> Needs:
    """The permissions that a task needs.

    Args:
        resource: the state's Resource.
        parameters: its resolved parameters.
        account: in which it runs.
        region: in which it runs.

    Raises:
        PermissionsUnknown: for a resource that is not implemented.
    """
    sagemaker = f"arn:aws:sagemaker:{region}:{account}"
    if _LAMBDA.fullmatch(resource):
        invoke = Need("lambda:InvokeFunction", _function_arn(parameters, account, region))
        return Needs("Lambda.AWSLambdaException", "AWSLambda", (invoke,))
    if resource == _START:
        start = to_start(str(parameters.get("StateMachineArn", "")))
        return Needs("StepFunctions.AWSStepFunctionsException", "AWSStepFunctions", (start,))
    if resource == _PUBLISH:
        publish = Need("sns:Publish", str(parameters.get("TopicArn", "")))
        return Needs("SNS.AmazonSNSException", "AmazonSNS", (publish,))
    if job := _JOB.fullmatch(resource):
        kind = job[1]
        arn = f"{sagemaker}:{kind.lower()}-job/{_named(parameters, f'{kind}JobName')}"
        return Needs(
            "SageMaker.AmazonSageMakerException",
            "AmazonSageMaker",
            before=(
                Need(f"sagemaker:Create{kind}Job", arn),
                Need("sagemaker:AddTags", arn),
                *_handing_over(parameters.get("RoleArn")),
            ),
            after=(Need(f"sagemaker:Describe{kind}Job", arn), Need("sagemaker:ListTags", arn)),
            to_stop=(Need(f"sagemaker:Stop{kind}Job", arn),),
        )
    model = f"{sagemaker}:model/{_named(parameters, 'ModelName')}"
    if resource == _CREATE_MODEL:
        return Needs(
            "SageMaker.AmazonSageMakerException",
            "AmazonSageMaker",
            before=(
                Need("sagemaker:CreateModel", model),
                Need("sagemaker:AddTags", model),
                *_handing_over(parameters.get("ExecutionRoleArn")),
            ),
        )
    if resource == _DELETE_MODEL:
        return Needs("SageMaker.SageMakerException", "SageMaker", (Need("sagemaker:DeleteModel", model),))
    raise PermissionsUnknown(
        f"{resource} is not offered on this machine, because what it asks of the state machine's role is not known. "
        f"It is for {', '.join(_KNOWN)}"
    )


def to_read_items(bucket: str, key: str) -> Need:
    """The permissions that a Distributed Map's ItemReader needs."""
    return Need("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")


def to_start(state_machine: str) -> Need:
    """The permissions to start another execution. A Distributed Map starts executions of the same state machine."""
    return Need("states:StartExecution", state_machine)


def _function_arn(parameters: Mapping[str, Any], account: str, region: str) -> str:
    name = str(parameters.get("FunctionName", ""))
    return name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{account}:function:{name}"


def _named(parameters: Mapping[str, Any], field: str) -> str:
    return str(parameters.get(field, "")).lower()


def _handing_over(role: str | None) -> tuple[Need, ...]:
    """Passing a role to a job requires permission; a request without a role is rejected by SageMaker itself."""
    if role is None:
        return ()
    return (Need("iam:PassRole", role, {"iam:PassedToService": "sagemaker.amazonaws.com"}),)
