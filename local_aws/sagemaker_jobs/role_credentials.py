"""What signs a job's requests to S3."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RoleCredentials:
    """Temporary credentials of a role, or the administrator's key, which has no token. Only the key's id is printed."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(repr=False)


class RoleNotTaken(Exception):
    """SageMaker may not take the role; the message says why."""


TakeRole = Callable[[str], RoleCredentials]
"""Credentials of a role, given its ARN, as SageMaker gets them.

Raises:
    RoleNotTaken: when the role is not there or not for SageMaker.
"""
