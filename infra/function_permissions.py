"""The permissions of each function and their reasons: the grants in the table of stages as policy statements."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_stepfunctions as sfn

from infra.statements import Permission, allow, allow_on_anything
from infra.storage import Storage
from infra.tags import ONLY_OWN
from infra.workflow_role import runs_of
from workflow.stage import (
    AsksAboutRuns,
    Calls,
    CallsOnAnything,
    Deletes,
    DeletesOlder,
    Function,
    Grant,
    ListsRuns,
    Reads,
    UsesTable,
    Writes,
)

_ON_OBJECTS: dict[type[Grant], list[str]] = {
    Reads: ["s3:GetObject"],
    Writes: ["s3:PutObject"],
    Deletes: ["s3:DeleteObject"],
    DeletesOlder: ["s3:DeleteObjectVersion"],
}


def statements(storage: Storage, function: Function, settings: Mapping[str, Any]) -> list[Permission]:
    """A function's permissions that do not refer to the state machines, including the use of a customer managed
    key.

    Args:
        settings: of the deployment, by name.
    """
    if function.only_with and not settings[function.only_with]:
        return []
    finding, written = (
        any(isinstance(grant, kinds) for grant in function.may) for kinds in ((Reads, Deletes), (Writes,))
    )
    return [
        *([_find(storage)] if finding else []),
        *([_find_older(storage)] if any(isinstance(grant, DeletesOlder) for grant in function.may) else []),
        *(statement for grant in function.may for statement in _statement(storage, grant, settings)),
        *storage.use_of_key(["kms:Decrypt", *(["kms:GenerateDataKey"] if written else [])]),
    ]


def statements_about_runs(
    state_machine: sfn.StateMachine, after_publishing: sfn.StateMachine, function: Function
) -> list[Permission]:
    """A function's permissions for executions of the state machine, and for listing those of both."""
    machines = [state_machine.state_machine_arn, after_publishing.state_machine_arn]
    return [
        *(
            allow(grant.sid, grant.why, grant.actions, runs_of(state_machine))
            for grant in function.may
            if isinstance(grant, AsksAboutRuns)
        ),
        *(
            allow(grant.sid, grant.why, ["states:ListExecutions"], machines)
            for grant in function.may
            if isinstance(grant, ListsRuns)
        ),
    ]


def _statement(storage: Storage, grant: Grant, settings: Mapping[str, Any]) -> list[Permission]:
    match grant:
        case Reads() | Writes() | Deletes() | DeletesOlder():
            return [allow(grant.sid, grant.why, _ON_OBJECTS[type(grant)], _objects(storage, grant.keys))]
        case UsesTable():
            return [allow(grant.sid, grant.why, grant.actions, [storage.table.table_arn])]
        case Calls():
            own = ONLY_OWN if grant.only_own else None
            return [allow(grant.sid, grant.why, grant.actions, _resources(storage, grant, settings), own)]
        case CallsOnAnything():
            return [allow_on_anything(grant.sid, grant.why, grant.actions)]
        case _:  # about the state machine, which is created later
            return []


def _objects(storage: Storage, keys: tuple[str, ...]) -> list[str]:
    """The ARNs of these documents, and of everything in these folders, for all runs: the event determines the run."""
    return storage.objects(*(f"{key}*" if key.endswith("/") else key for key in keys))


def _resources(storage: Storage, grant: Calls, settings: Mapping[str, Any]) -> list[str]:
    (service,) = {action.split(":")[0] for action in grant.actions}
    return [
        Stack.of(storage).format_arn(
            service=service, resource=resource.format_map(settings), arn_format=ArnFormat.NO_RESOURCE_NAME
        )
        for resource in grant.resources
    ]


def _find(storage: Storage) -> Permission:
    """List the bucket. This also makes S3 answer NoSuchKey for a missing object, which otherwise is AccessDenied.

    A condition on the prefix would prevent that: reading an object has no prefix to match.
    """
    return allow(
        "SeeThatAnObjectIsMissing",
        "Lists objects; without it, S3 returns AccessDenied for a missing object.",
        ["s3:ListBucket"],
        [storage.bucket.bucket_arn],
    )


def _find_older(storage: Storage) -> Permission:
    return allow(
        "FindOlderVersions",
        "A versioned bucket still has the old versions of rewritten or deleted objects.",
        ["s3:ListBucketVersions"],
        [storage.bucket.bucket_arn],
    )
