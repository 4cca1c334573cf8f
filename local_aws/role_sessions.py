"""Role sessions in the embedded AWS: the credentials of jobs, executions, schedules and Lambda functions.

A session keeps the same credentials as long as the engine lives, so that clients can be reused. They are derived from a
key that no other process has, and expire with this one.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.arn import parse_arn
from ministack.services import lambda_svc, sts

from local_aws.sagemaker_jobs.role_credentials import RoleCredentials

_KEY = secrets.token_bytes(32)


def begin(arn: str, user_id: str, account: str) -> RoleCredentials:
    """The credentials of the session ``arn``, registered with ministack.

    Args:
        arn: ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION``.
        user_id: ``ROLE:SESSION``, as in GetCallerIdentity and policies.
        account: of the role.
    """
    access, secret, token = (_derived(f"{purpose} of {arn}") for purpose in ("key", "secret", "token"))
    credentials = RoleCredentials(f"ASIA{access[:16].upper()}", secret, token)
    session = {"Arn": arn, "AccountId": account, "UserId": user_id, "SecretAccessKey": secret, "SessionToken": token}
    sts.register_session(credentials.access_key, session)
    return credentials


def install() -> None:
    """Give Lambda functions such credentials: ministack's own can be derived from the function's name."""
    lambda_runtime.execution_credentials = _of_function
    lambda_svc.execution_credentials = _of_function


def _of_function(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables with which a function signs as its role."""
    account = parse_arn(configuration["FunctionArn"]).account_id
    role = configuration["Role"].rsplit("/", 1)[-1]
    user_id = f"{role}:{configuration['FunctionName'][:64]}"
    credentials = begin(f"arn:aws:sts::{account}:assumed-role/{user_id.replace(':', '/', 1)}", user_id, account)
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": str(credentials.session_token),
    }


def _derived(purpose: str) -> str:
    return hmac.digest(_KEY, purpose.encode(), hashlib.sha256).hex()
