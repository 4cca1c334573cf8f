"""Executions and jobs with roles that lack a permission: what is denied, and what happens then."""

import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws import engine
from local_aws.engine_home import EngineHome
from tests.unit.local_aws import sample_requests as request_of
from tests.unit.local_aws.conftest import client_of

SAGEMAKER = "arn:aws:states:::sagemaker:"
STATES, JOBS = "states.amazonaws.com", "sagemaker.amazonaws.com"
EVERYTHING = {
    "sagemaker:CreateTrainingJob": "*",
    "sagemaker:AddTags": "*",
    "iam:PassRole": "*",
    "sagemaker:DescribeTrainingJob": "*",
    "sagemaker:ListTags": "*",
    "sagemaker:StopTrainingJob": "*",
}
_numbers = itertools.count()


class Account:
    """The engine's account: roles, and executions with them that train."""

    def __init__(self, running: engine.RunningEngine) -> None:
        self.iam, self.states = client_of(running, "iam"), client_of(running, "stepfunctions")

    def role(
        self,
        service: str,
        allowed: dict[str, str],
        trusted_if: dict[str, Any] | None = None,
        *,
        stops_if: dict[str, Any] | None = None,
    ) -> str:
        name = f"role-{next(_numbers)}"
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        if trusted_if:
            trust["Condition"] = trusted_if
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]))["Role"]["Arn"]
        statements: list[dict[str, Any]] = [
            {"Effect": "Allow", "Action": action, "Resource": on} for action, on in allowed.items()
        ]
        if stops_if:
            statements[list(allowed).index("sagemaker:StopTrainingJob")]["Condition"] = stops_if
        self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(statements))
        return str(arn)

    def start(self, role: str, request: dict[str, Any]) -> str:
        state = {"Type": "Task", "Resource": f"{SAGEMAKER}createTrainingJob.sync", "Parameters": request, "End": True}
        definition = json.dumps({"StartAt": "Train", "States": {"Train": state}})
        name = f"machine-{time.time_ns()}"
        machine = self.states.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
        return str(self.states.start_execution(stateMachineArn=machine)["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        wait_for(lambda: self.states.describe_execution(executionArn=execution)["status"] != "RUNNING")
        return dict(self.states.describe_execution(executionArn=execution))


def policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def account(running: engine.RunningEngine) -> Account:
    return Account(running)


def training(bucket: str, **more: Any) -> dict[str, Any]:
    return request_of.training(f"fm-{time.time_ns()}", bucket=bucket, **more)


def data_of(bucket: str) -> dict[str, str]:
    """The permissions that a job's role needs for its data."""
    return {
        "s3:ListBucket": f"arn:aws:s3:::{bucket}",
        "s3:GetObject": f"arn:aws:s3:::{bucket}/train/*",
        "s3:PutObject": f"arn:aws:s3:::{bucket}/models/*",
    }


def test_the_roles_of_execution_and_job_suffice(account: Account, bucket: str) -> None:
    job = account.role(JOBS, data_of(bucket))
    done = account.ended(account.start(account.role(STATES, EVERYTHING), training(bucket, RoleArn=job)))
    assert done["status"] == "SUCCEEDED", done


@pytest.mark.parametrize("missing", [action for action in EVERYTHING if "Stop" not in action])
def test_each_call_of_a_job_is_asked_for(missing: str, account: Account, bucket: str) -> None:
    role = account.role(STATES, {action: on for action, on in EVERYTHING.items() if action != missing})
    done = account.ended(account.start(role, training(bucket)))
    assert (done["status"], done["error"]) == ("FAILED", "SageMaker.AmazonSageMakerException")
    who = f"assumed-role/{role.rpartition('/')[2]}/{done['name']}"
    assert f"{who} is not authorized to perform: {missing} on" in done["cause"]
    assert "AccessDeniedException" in done["cause"]


def test_a_role_is_handed_over_for_its_own_arn_only(account: Account, bucket: str) -> None:
    role = account.role(STATES, {**EVERYTHING, "iam:PassRole": f"{request_of.ROLE}-of-others"})
    done = account.ended(account.start(role, training(bucket)))
    assert f"iam:PassRole on resource: {request_of.ROLE} " in done["cause"]


@pytest.mark.parametrize("missing", ["s3:GetObject", "s3:PutObject", "s3:ListBucket"])
def test_a_jobs_data_is_moved_under_the_jobs_role(missing: str, account: Account, bucket: str) -> None:
    job = account.role(JOBS, {action: on for action, on in data_of(bucket).items() if action != missing})
    done = account.ended(account.start(account.role(STATES, EVERYTHING), training(bucket, RoleArn=job)))
    assert done["status"] == "FAILED"
    who = f"assumed-role/{job.rpartition('/')[2]}/SageMaker"
    assert f"{who} is not authorized to perform: {missing} " in done["cause"]
    assert f"s3://{bucket}/" in done["cause"].partition("ClientError: ")[2].partition(who)[0]


def test_a_bucket_that_wants_tls_counts_this_machine_as_it_and_may_deny_a_role(
    account: Account, bucket: str, s3: Any
) -> None:
    job = account.role(JOBS, data_of(bucket))
    anything = {"Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}
    tls = {"Effect": "Deny", **anything, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy([tls]))
    execution = account.role(STATES, EVERYTHING)
    assert account.ended(account.start(execution, training(bucket, RoleArn=job)))["status"] == "SUCCEEDED"
    theirs = {**anything, "Effect": "Deny", "Principal": {"AWS": job}, "Action": "s3:PutObject"}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy([tls, theirs]))
    done = account.ended(account.start(execution, training(bucket, RoleArn=job)))
    assert "s3:PutObject" in done["cause"]
    assert "explicit deny" in done["cause"]


@pytest.mark.parametrize(
    ("service", "condition"),
    [("lambda.amazonaws.com", None), (JOBS, {"StringEquals": {"aws:SourceAccount": "111122223333"}})],
)
def test_a_role_that_is_not_for_the_service_or_the_account_is_not_taken(
    service: str, condition: dict[str, Any] | None, account: Account, bucket: str
) -> None:
    job = account.role(service, data_of(bucket), condition)
    done = account.ended(account.start(account.role(STATES, EVERYTHING), training(bucket, RoleArn=job)))
    assert f"Could not assume role {job}" in done["cause"]
    elsewhere = account.role(JOBS, EVERYTHING)
    done = account.ended(account.start(elsewhere, training(bucket)))
    assert done["error"] == "States.Permissions"
    assert (
        f"states.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: {elsewhere}" in done["cause"]
    )


def test_a_job_that_may_not_be_stopped_goes_on(
    account: Account, bucket: str, tmp_path: Path, running: engine.RunningEngine, running_home: EngineHome
) -> None:
    role = account.role(STATES, {action: on for action, on in EVERYTHING.items() if "Stop" not in action})
    pids = tmp_path / "pids"
    request = training(bucket, Environment={"TOY": "sleep", "TOY_PIDS": str(pids)})
    execution = account.start(role, request)
    wait_for(pids.exists)
    account.states.stop_execution(executionArn=execution)
    wait_for(lambda: "a job continues although its execution ended: User: " in running_home.log.read_text())
    sagemaker, name = client_of(running, "sagemaker"), request["TrainingJobName"]
    assert account.states.describe_execution(executionArn=execution)["status"] == "ABORTED"
    assert Path(f"/proc/{pids.read_text().split()[0]}").exists()
    sagemaker.stop_training_job(TrainingJobName=name)  # the administrator may
    wait_for(lambda: sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Stopped")


@pytest.mark.parametrize("stack", ["ours", "theirs", None])
def test_with_a_condition_on_a_tag_only_jobs_that_bear_it_are_stopped(
    stack: str | None,
    account: Account,
    bucket: str,
    tmp_path: Path,
    running: engine.RunningEngine,
    running_home: EngineHome,
) -> None:
    """Like two stacks in one account, whose jobs have similar names."""
    role = account.role(STATES, EVERYTHING, stops_if={"StringEquals": {"aws:ResourceTag/topx:stack": "ours"}})
    pids, tags = tmp_path / "pids", [{"Key": "topx:stack", "Value": stack}] if stack else []
    request = training(bucket, Environment={"TOY": "sleep", "TOY_PIDS": str(pids)}, Tags=tags)
    execution, name = account.start(role, request), request["TrainingJobName"]
    wait_for(pids.exists)
    account.states.stop_execution(executionArn=execution)
    sagemaker = client_of(running, "sagemaker")
    if stack == "ours":
        wait_for(lambda: sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Stopped")
    else:
        wait_for(lambda: f"training-job/{name} because no identity-based policy" in running_home.log.read_text())
        sagemaker.stop_training_job(TrainingJobName=name)  # the administrator may
        wait_for(lambda: sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Stopped")
