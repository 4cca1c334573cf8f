"""Explicit permissions: every statement names its actions, its resources and its reason."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

# In the template, this key of a role's metadata has the reason for each of its statements, by Sid.
REASONS = "Reasons"

Conditions = dict[str, Any]
"""By operator, the required values of the request's condition keys."""


class Permission(iam.PolicyStatement):
    """An Allow statement with its reason."""

    def __init__(
        self, sid: str, why: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None
    ) -> None:
        super().__init__(sid=sid, actions=list(actions), resources=list(resources), conditions=conditions)
        self.why = why


def allow(
    sid: str,
    why: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Conditions | None = None,
) -> Permission:
    """Allow exactly these actions on exactly these resources.

    Args:
        sid: the statement's name within its role, as letters and digits.
        why: a sentence, for docs/iam.md.
        actions: no patterns.
        resources: ARNs, or patterns of ARNs.
        conditions: as in a policy document.
    """
    return Permission(sid, why, actions, resources, conditions)


def allow_on_anything(sid: str, why: str, actions: Sequence[str], conditions: Conditions | None = None) -> Permission:
    """Allow actions without resource-level permissions: for them, only ``*`` is valid."""
    return allow(sid, why, actions, ["*"], conditions)


def notify_subscribers(sid: str, why: str, topic: sns.Topic) -> list[Permission]:
    """Allow publishing messages, which includes the use of the topic's customer managed key if it has one.

    Source of its actions: "Managing Amazon SNS encryption keys", SNS developer guide.
    """
    key = topic.master_key
    encrypt = allow(
        f"{sid}UnderKey",
        "The topic is encrypted with the customer's key.",
        ["kms:Decrypt", "kms:GenerateDataKey"],
        [key.key_arn] if key else [],
    )
    return [allow(sid, why, ["sns:Publish"], [topic.topic_arn]), *([encrypt] if key else [])]


def give(role: iam.Role, permissions: Iterable[Permission]) -> None:
    """Add it to the role's own policy."""
    for permission in permissions:
        role.add_to_policy(permission)
        _write_down(role, permission)


def give_apart(scope: Construct, id: str, role: iam.Role, permissions: Sequence[Permission]) -> None:
    """Add it as a separate policy, for resources that are created after those that depend on the role's own policy."""
    iam.Policy(scope, id, roles=[role], statements=list(permissions))
    for permission in permissions:
        _write_down(role, permission)


def _write_down(role: iam.Role, permission: Permission) -> None:
    # In the metadata, because a policy has no field for descriptions.
    resource = cast(iam.CfnRole, role.node.default_child)
    resource.add_override(f"Metadata.{REASONS}.{permission.sid}", permission.why)
