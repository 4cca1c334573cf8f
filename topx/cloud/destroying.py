"""Deletes a stack. Its data stays, unless deletion is requested and the stack's name is typed."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contract.visible_text import visible
from topx.aws_problems import is_denied
from topx.cloud import cdk
from topx.cloud.place import Place
from topx.deployed_stack import Stack
from topx.problem import Problem
from topx.terminal import Terminal


class DestroyRefused(Problem):
    """The stack is not destroyed; the message says why."""


@dataclass(frozen=True)
class Data:
    """What outlives a stack: its bucket and its table."""

    bucket: str
    table: str


def destroy(
    where: Place,
    console: Terminal,
    name: str,
    *,
    profile: str | None,
    context: Mapping[str, str],
    delete_data: bool,
    confirm: str | None,
) -> None:
    """Delete the stack ``name``, and with ``delete_data`` its bucket and table afterwards.

    Args:
        where: the account and region.
        console: for showing what will happen.
        name: of the stack.
        profile: in AWS's configuration files.
        context: the settings.
        delete_data: whether to delete the lists and the data, too.
        confirm: the stack's name, with which a script confirms; None to ask on the terminal.

    Raises:
        DestroyRefused: if there is no such stack, it is protected, a run is in progress, or the name was not typed.
        CdkFailed: if the CDK failed; the data is untouched then.
    """
    stack = _stack(where, name)
    outputs = _outputs(stack)
    _refuse_protected(stack, name)
    data = Data(outputs["BucketName"], outputs["TableName"])
    _refuse_while_running(where, console, outputs)
    _announce(where, console, name, data, delete_data=delete_data)
    _confirm(name, confirm)
    cdk.run("destroy", [name, "--force"], profile=profile, region=where.region, context=context)
    if delete_data:
        _delete_bucket(where.session.resource("s3").Bucket(data.bucket))
        _delete_table(where.session.client("dynamodb"), data.table)
        console.print(f"Deleted: bucket {data.bucket}, table {data.table}", soft_wrap=True)


def _stack(where: Place, name: str) -> Stack:
    stack = where.stack(name)
    if stack is None or not {"BucketName", "TableName", "StateMachineArn"} <= _outputs(stack).keys():
        what = "is not a topx stack, or its deployment never completed" if stack else "does not exist"
        raise DestroyRefused(
            f"the stack {name} {what} in region {where.region} of account {where.account}: name another by "
            f"-c stack_name=NAME or ENV=NAME, or its region or profile"
        )
    return stack


def _outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _refuse_protected(stack: Mapping[str, Any], name: str) -> None:
    if stack.get("EnableTerminationProtection"):
        raise DestroyRefused(
            f"nothing was deleted: the stack {name} has termination protection; deploy it with "
            f"termination_protection=false first"
        )


_UNDER_WAY = {
    "StateMachineArn": "the run {} is in progress: wait until it ends, or stop it (topx cancel)",
    # A stack deployed by an older topx has none.
    "AfterPublishingArn": "AfterPublishing of run {} is in progress: wait until it ends, in a few minutes",
}


def _refuse_while_running(where: Place, console: Terminal, outputs: Mapping[str, str]) -> None:
    states = where.session.client("stepfunctions")
    for machine, text in _UNDER_WAY.items():
        if machine in outputs:
            try:
                going = states.list_executions(stateMachineArn=outputs[machine], statusFilter="RUNNING")["executions"]
            except ClientError as error:
                if not is_denied(error):
                    raise
                console.print(
                    "warning: cannot tell whether a run is in progress: the credentials do not allow "
                    "states:ListExecutions"
                )
                return
            if going:
                raise DestroyRefused(text.format(going[0]["name"]))


def _announce(where: Place, console: Terminal, name: str, data: Data, *, delete_data: bool) -> None:
    fate = "DELETED" if delete_data else "kept   "
    lines = (
        f"Deleting the stack {name} in account {where.account}, region {where.region}, as {where.identity}:",
        "  deleted  state machines, functions, schedule, alarms, topic, roles. No further run starts.",
        f"  {fate}  bucket {data.bucket}: input, reports, lists",
        f"  {fate}  table {data.table}: the lists that applications read",
    )
    for line in lines:
        console.print(line, soft_wrap=True)
    if delete_data:
        console.print("Bucket and table cannot be restored.")
    else:
        console.print("Readers can continue to read. To delete these as well: make destroy DELETE_DATA=yes")


def _confirm(name: str, confirm: str | None) -> None:
    if confirm is None and sys.stdin.isatty():
        confirm = input(f"Type the stack's name to continue: {visible(name)}? ")
    if confirm != name:
        typed = repr(confirm) if confirm else "nothing"
        raise DestroyRefused(
            f"nothing was deleted: the stack's name must be typed, or given as CONFIRM={name}; got {typed}"
        )


def _delete_bucket(bucket: Any) -> None:
    for upload in bucket.multipart_uploads.all():
        upload.abort()
    bucket.object_versions.all().delete()  # in an unversioned bucket, these are its objects
    bucket.delete()


def _delete_table(dynamodb: Any, table: str) -> None:
    if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=table)
    dynamodb.delete_table(TableName=table)
