"""Permissions, said by hand: every statement names its actions, its resources and its reason (the Sid)."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_iam as iam


def allow(
    reason: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: dict[str, Any] | None = None,
) -> iam.PolicyStatement:
    """Allow exactly these actions on exactly these resources.

    Args:
        reason: why, as letters and digits: it becomes the statement's Sid.
    """
    return iam.PolicyStatement(sid=reason, actions=list(actions), resources=list(resources), conditions=conditions)


def allow_on_anything(
    reason: str, actions: Sequence[str], conditions: dict[str, Any] | None = None
) -> iam.PolicyStatement:
    """Allow actions for which AWS knows no resource: only ``*`` is valid there."""
    return allow(reason, actions, ["*"], conditions)
