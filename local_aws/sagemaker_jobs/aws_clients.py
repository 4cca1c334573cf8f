"""Clients for the engine's own services, signed as a role."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from local_aws.sagemaker_jobs.role_credentials import RoleCredentials


def client_of(service: str, endpoint: str, region: str, credentials: RoleCredentials, config: Config) -> Any:
    """A boto3 client; creating it takes a moment, and all threads can share it, so reuse it."""
    return _session().client(
        service,
        endpoint_url=endpoint,
        config=config,
        region_name=region,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.session_token,
    )


@cache
def _session() -> boto3.session.Session:
    """One for all clients, because it reads a service's model once."""
    return boto3.session.Session()
