"""AWS as the functions reach it: patient with its bad minutes, and plain about what outlasts them.

botocore repeats a call that was throttled, answered by a 5xx, reset or timed out, with jitter, some half a minute long.
What is left after that is told as AwsUnavailable, which the definition repeats for longer (docs/reliability.md), as it
does not repeat what topx itself declines, or a mistake.
"""

import functools
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError

from contract.refusal import NamedError

# Waits are drawn from 0 to 1, 2, 4, 8, 16, 20, 20 s: "Standard retry mode", AWS SDKs and Tools reference guide.
ATTEMPTS = 8
_SECONDS_TO_CONNECT, _SECONDS_TO_READ = 5, 20
_THROTTLED = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "InternalError",
    "InternalServerError",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
"""Codes that say "not now": botocore's own list, and what DynamoDB and S3 call it beside that."""
_THROTTLED_TRANSACTION = ("ThrottlingError", "ProvisionedThroughputExceeded")
# 507 is the embedded AWS's disk, which no waiting empties.
_NOT_NOW = (429, 500, 502, 503, 504)
# Every connection that was not made, broke or timed out, also while a body was read.
_WEATHER = (ConnectionError, HTTPClientError, IncompleteReadError)

T = TypeVar("T")


class AwsUnavailable(NamedError):
    """AWS did not answer, or not now, in all attempts; nothing is wrong with the run."""


def client(service: str) -> Any:
    """A boto3 client that repeats what may go well the next time."""
    return boto3.client(service, config=_config(ATTEMPTS))


def table(name: str) -> Any:
    """A boto3 DynamoDB Table, likewise."""
    return boto3.resource("dynamodb", config=_config(ATTEMPTS)).Table(name)


def impatient_table_client() -> Any:
    """A DynamoDB client of plain Python values, which leaves the patience to its caller.

    It does not check requests against the service's model before it sends them: for lists of a hundred
    items that costs as much time as all the rest, and DynamoDB checks them itself.
    """
    config = _config(1).merge(Config(parameter_validation=False))
    return boto3.resource("dynamodb", config=config).meta.client


def is_weather(error: Exception) -> bool:
    """Whether an error of a call may pass by itself: throttling, a 5xx, a broken connection, a time-out."""
    if isinstance(error, ClientError):
        answer = error.response
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
        cancelled = {reason["Code"] for reason in answer.get("CancellationReasons", [])}
        return (
            answer.get("Error", {}).get("Code") in _THROTTLED
            or status in _NOT_NOW
            or not cancelled.isdisjoint(_THROTTLED_TRANSACTION)
        )
    return isinstance(error, _WEATHER)


def patiently(read: Callable[[], T], *, pause: Callable[[float], None] = time.sleep, attempts: int = ATTEMPTS) -> T:
    """What ``read`` returns, which asks for an object and reads it to its end.

    botocore repeats the asking, but nobody the reading: a connection that breaks in the middle of a body is started
    over here.
    """
    for attempt in range(1, attempts):
        try:
            return read()
        except Exception as error:
            if not is_weather(error):
                raise
        pause(random.uniform(0, min(20, 2 ** (attempt - 1))))  # noqa: S311 - jitter is no secret
    return read()


def told_as_unavailable(handler: Callable[..., Any]) -> Callable[..., Any]:
    """``handler``, whose last word about AWS's bad minutes is AwsUnavailable, whatever botocore calls it."""

    @functools.wraps(handler)
    def handle(event: Any, context: object) -> Any:
        try:
            return handler(event, context)
        except Exception as error:
            if not is_weather(error):
                raise
            raise AwsUnavailable(
                f"{error}; redrive the execution once AWS is well again, or start another run"
            ) from error

    return handle


def seconds_left(context: object) -> float:
    """How long the function may still run; without end where nobody has set one, as in tests."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return float("inf") if remaining is None else float(remaining()) / 1000


def _config(attempts: int) -> Config:
    return Config(
        connect_timeout=_SECONDS_TO_CONNECT,
        read_timeout=_SECONDS_TO_READ,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
