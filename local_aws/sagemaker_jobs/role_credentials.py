"""The credentials for a job's requests to S3."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RoleCredentials:
    """Temporary credentials of a role, or the administrator's key, which has no token. Only the key id is printed."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(repr=False)


class RoleNotTaken(Exception):
    """SageMaker may not assume the role; the message says why."""


TakeRole = Callable[[str], RoleCredentials]
"""The credentials of the role with this ARN, for SageMaker.

Raises:
    RoleNotTaken: if the role does not exist or SageMaker may not assume it.
"""
