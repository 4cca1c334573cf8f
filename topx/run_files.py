"""Reads a run's files from the bucket."""

import json
from typing import Any

from botocore.exceptions import ClientError

from topx.deployment import Deployment


def json_object(deployment: Deployment, key: str) -> Any:
    """The JSON document at ``key`` in the bucket, or None if there is none."""
    body = object_at(deployment, key)
    return None if body is None else json.loads(body)


def object_at(deployment: Deployment, key: str) -> bytes | None:
    """The bytes at ``key`` in the bucket, or None if there is no such object."""
    try:
        body: bytes = deployment.s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    return body


def exists(deployment: Deployment, key: str) -> bool:
    """Whether the bucket has an object at ``key``."""
    try:
        deployment.s3.head_object(Bucket=deployment.bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return False
        raise
    return True
