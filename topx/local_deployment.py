"""The stack on the embedded AWS: the template that ``cdk deploy`` deploys to AWS, with ``spark_base_image`` set."""

import fcntl
import io
import json
import os
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from local_aws.door import RoleCredentials, RunningEngine
from topx import embedded_aws
from topx.deployed_stack import Stack
from topx.deployment import Deployment, SessionConnection
from topx.home import home
from topx.job_logs import FolderLogs
from topx.problem import Problem
from topx.synthesis import Assembly, Asset, is_synthesized, synthesize

_BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
# The version that `cdk bootstrap` of the pinned command line creates; the template requires at least 6.
_BOOTSTRAP_VERSION = "30"
_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_NEVER_CREATED = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")  # CloudFormation cannot update these
_PATIENCE = {"Delay": 1, "MaxAttempts": 120}
_NOTHING_THERE = None, None, os.devnull, None


class DeploymentFailed(Problem):
    """The engine could not create or update the stack; the message names the resources at fault."""


def connection(endpoint: str, region: str, key: RoleCredentials) -> SessionConnection:
    """Clients for the engine with ``key``, which ignore this machine's AWS profile, credentials and proxy."""
    unset = (None, None, None, None)
    core = botocore.session.Session(
        session_vars={"profile": unset, "config_file": _NOTHING_THERE, "credentials_file": _NOTHING_THERE}
    )
    session = boto3.session.Session(
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        region_name=region,
        botocore_session=core,
    )
    return SessionConnection(
        session, endpoint_url=endpoint, config=Config(proxies={}, retries={"mode": "standard", "max_attempts": 4})
    )


def connect(announce: Callable[[str], None]) -> Deployment:
    """The deployment on this machine's engine: started, synthesized and deployed unless that is done already.

    ``announce`` is called before each step that takes more than a moment.

    Raises:
        DeploymentFailed: if the engine rejects the stack.
    """
    if embedded_aws.status() is None:
        announce("Starting the embedded AWS")
    running = embedded_aws.ensure_running()
    place = connection(running.endpoint, running.region, running.administrator)
    with (home() / "deploy.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # if two commands run at the same time, the second finds everything done
        return _deployment(_up_to_date_stack(place, running, announce), place, running)


def _up_to_date_stack(place: SessionConnection, running: RunningEngine, announce: Callable[[str], None]) -> Stack:
    folder = home() / "cdk.out"
    if not is_synthesized(folder):
        announce("Synthesizing the stack")
        synthesize(folder)
    assembly = Assembly(folder, running.account, running.region)
    cloudformation = place.client("cloudformation")
    stack = _stack(cloudformation, assembly.stack_name)
    if stack is not None and _is_deployed(cloudformation, stack, assembly):
        return stack
    announce("Deploying the stack")
    _write_images(assembly)
    _bootstrap(place, assembly)
    stack = _deploy(cloudformation, stack, assembly, running.endpoint)
    embedded_aws.save_state(running)
    return stack


def deployed(running: RunningEngine) -> Deployment | None:
    """The deployment on a running engine, or None if there is none; changes nothing."""
    folder = home() / "cdk.out"
    if not (folder / "manifest.json").exists():
        return None
    place = connection(running.endpoint, running.region, running.administrator)
    assembly = Assembly(folder, running.account, running.region)
    stack = _stack(place.client("cloudformation"), assembly.stack_name)
    return _deployment(stack, place, running) if stack and stack["StackStatus"] in _COMPLETE else None


def _deployment(stack: Stack, place: SessionConnection, running: RunningEngine) -> Deployment:
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    logs = FolderLogs(embedded_aws.engine_home().jobs)
    return Deployment(outputs, place, logs, keep=lambda: embedded_aws.save_state(running))


def _stack(cloudformation: Any, name: str) -> Stack | None:
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # CloudFormation's error for: no such stack
            return None
        raise
    return dict(stacks[0]) if stacks else None


def _is_deployed(cloudformation: Any, stack: Stack, assembly: Assembly) -> bool:
    if stack["StackStatus"] not in _COMPLETE:
        return False
    there = cloudformation.get_template(StackName=assembly.stack_name)["TemplateBody"]
    here = json.loads(assembly.template.path.read_text(encoding="utf-8"))
    return bool((json.loads(there) if isinstance(there, str) else there) == here)


def _write_images(assembly: Assembly) -> None:
    """Tell the engine's job runner which folder each image is built from: there is no registry."""
    path = embedded_aws.engine_home().images
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(assembly.images(), indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def _bootstrap(place: SessionConnection, assembly: Assembly) -> None:
    """Create what ``cdk bootstrap`` and the asset upload of ``cdk deploy`` create."""
    place.client("ssm").put_parameter(
        Name=_BOOTSTRAP_PARAMETER, Value=_BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )
    s3 = place.client("s3")
    for bucket in {asset.bucket for asset in assembly.files()}:
        s3.create_bucket(Bucket=bucket)
    for asset in assembly.files():
        s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=body_of(asset))


def body_of(asset: Asset) -> bytes:
    """What to upload for an asset: its file, or a zip of its folder."""
    if not asset.zipped:
        return asset.path.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(asset.path.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(asset.path))
    return buffer.getvalue()


def _deploy(cloudformation: Any, stack: Stack | None, assembly: Assembly, endpoint: str) -> Stack:
    name, template = assembly.stack_name, assembly.template
    if stack and stack["StackStatus"] in _NEVER_CREATED:
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=_PATIENCE)
        stack = None
    request = {
        "StackName": name,
        "TemplateURL": f"{endpoint}/{template.bucket}/{template.key}",
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    }
    if stack:
        cloudformation.update_stack(**request)
    else:
        cloudformation.create_stack(**request)
    waiter = cloudformation.get_waiter("stack_update_complete" if stack else "stack_create_complete")
    try:
        waiter.wait(StackName=name, WaiterConfig=_PATIENCE)
    except WaiterError as error:
        raise DeploymentFailed(f"the stack {name} was not deployed: {_reasons(cloudformation, name)}") from error
    return dict(cloudformation.describe_stacks(StackName=name)["Stacks"][0])


def _reasons(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    ]
    return "; ".join(failed) or "the embedded AWS gave no reason; see its log"
