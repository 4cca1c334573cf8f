"""What signs a job's requests to S3."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class RoleCredentials:
    """Temporary credentials of a role."""

    access_key: str
    secret_key: str
    session_token: str | None


class RoleNotTaken(Exception):
    """SageMaker may not take the role; the message says why."""


TakeRole = Callable[[str], RoleCredentials]
"""Credentials of a role, given its ARN, as SageMaker gets them.

Raises:
    RoleNotTaken: when the role is not there or not for SageMaker.
"""
