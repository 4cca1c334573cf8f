"""AWS as the functions reach it: patient with its bad minutes, and plain about what outlasts them.

botocore repeats a call that was throttled, answered by a 5xx, reset or timed out, with jitter, some half a minute long.
What is left after that is told as AwsUnavailable, which the definition repeats for longer (docs/reliability.md), as it
does not repeat what topx itself declines, or a mistake. No call begins that could outlast the function: whoever is
ended from outside cannot say why.
"""

import functools
import http.client
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import boto3
from botocore import exceptions as aws
from botocore.config import Config
from botocore.exceptions import ClientError

from contract.refusal import NamedError
from lambdas.encoded_requests import encode_at_once

# Waits are drawn from 0 to 1, 2, 4, 8, 16, 20, 20 s: "Standard retry mode", AWS SDKs and Tools reference guide.
ATTEMPTS = 8
_SECONDS_TO_CONNECT, _SECONDS_TO_READ = 5, 20
_MOST_SECONDS_BETWEEN = 20
# To say what was not done, once a call has taken all the time that it may.
_SECONDS_TO_TELL = 5
_THROTTLED = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "LimitExceededException",
    "OperationAborted",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "RequestTimeTooSkewed",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
}
"""Codes that say "not now": botocore's own list, and what DynamoDB, S3 and Lambda's peers call it beside that."""
_THROTTLED_TRANSACTION = ("ThrottlingError", "ProvisionedThroughputExceeded")
# 507 is the embedded AWS's disk, which no waiting empties.
_NOT_NOW = (429, 500, 502, 503, 504)
# Every connection that was not made, broke or timed out, also while a body was read, and a body that is not the one
# that was sent. A few come as Python's own.
_WEATHER = (
    aws.ConnectionError,
    aws.HTTPClientError,
    aws.IncompleteReadError,
    aws.FlexibleChecksumError,
    ConnectionError,
    TimeoutError,
    http.client.IncompleteRead,
)

T = TypeVar("T")
Handler = TypeVar("Handler", bound=Callable[..., Any])

# What is left of the function that runs: a process of Lambda's runs one at a time.
_left: ContextVar[Callable[[], float]] = ContextVar("left", default=lambda: float("inf"))


class AwsUnavailable(NamedError):
    """AWS did not answer, or not now, in all attempts; nothing is wrong with the run."""


def client(service: str, attempts: int = ATTEMPTS) -> Any:
    """A boto3 client that repeats what may go well the next time."""
    return _ending_in_time(boto3.client(service, config=_config(attempts)), attempts)


def table(name: str) -> Any:
    """A boto3 DynamoDB Table, likewise."""
    resource = boto3.resource("dynamodb", config=_config(ATTEMPTS))
    _ending_in_time(resource.meta.client, ATTEMPTS)
    return resource.Table(name)


def impatient_table_client() -> Any:
    """A DynamoDB client of the wire's own values, which leaves the patience to its caller.

    It does not check requests against the service's model before it sends them: for lists of a hundred
    items that costs as much time as all the rest, and DynamoDB checks them itself.
    """
    config = _config(1).merge(Config(parameter_validation=False))
    found = _ending_in_time(boto3.client("dynamodb", config=config), 1)
    encode_at_once(found)
    return found


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

    Raises:
        AwsUnavailable: when the function's time is over.
    """
    for attempt in range(1, attempts):
        try:
            return read()
        except Exception as error:
            if not is_weather(error):
                raise
        pause(random.uniform(0, min(_MOST_SECONDS_BETWEEN, 2 ** (attempt - 1))))  # noqa: S311 - jitter is no secret
    return read()


def told_as_unavailable(handler: Handler) -> Handler:
    """``handler``, whose last word about AWS's bad minutes is AwsUnavailable, whatever botocore calls it.

    Its calls end before it does.
    """

    @functools.wraps(handler)
    def handle(event: Any, context: object) -> Any:
        _left.set(lambda: seconds_left(context))
        try:
            return handler(event, context)
        except Exception as error:
            if not is_weather(error):
                raise
            raise AwsUnavailable(
                f"{error}; redrive the execution once AWS has recovered, or start another run"
            ) from error

    return handle  # type: ignore[return-value]


def seconds_left(context: object) -> float:
    """How long the function may still run; without end where nobody has set one, as in tests."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return float("inf") if remaining is None else float(remaining()) / 1000


def _ending_in_time(client: Any, attempts: int) -> Any:
    """``client``, which begins no attempt that, with the wait behind it, could outlast the function."""
    longest = _SECONDS_TO_CONNECT + _SECONDS_TO_READ + (_MOST_SECONDS_BETWEEN if attempts > 1 else 0) + _SECONDS_TO_TELL

    def require_time(event_name: str, **_: Any) -> None:
        if (left := _left.get()()) < longest:
            call = event_name.removeprefix("before-send.")
            raise AwsUnavailable(
                f"the call {call} was not made: it may take {longest} s, and the function has {left:.0f} s left; "
                "redrive the execution once AWS has recovered"
            )

    client.meta.events.register("before-send.*", require_time, unique_id="topx-in-time")
    return client


def _config(attempts: int) -> Config:
    return Config(
        connect_timeout=_SECONDS_TO_CONNECT,
        read_timeout=_SECONDS_TO_READ,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
