"""boto3 clients for the functions: they retry transient errors, and report the ones that last as AwsUnavailable.

botocore retries a call that was throttled, got a 5xx, was reset or timed out, with jitter, for about half a minute. An
error that remains is raised as AwsUnavailable, for which the definition retries for longer (docs/reliability.md); it
does not retry refusals or bugs. No call is started that could outlast the function: a function that Lambda kills cannot
report why.
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

# Waits are random, up to 1, 2, 4, 8, 16, 20, 20 s: "Standard retry mode", AWS SDKs and Tools reference guide.
ATTEMPTS = 8
_SECONDS_TO_CONNECT, _SECONDS_TO_READ = 5, 20
_MOST_SECONDS_BETWEEN = 20
# Time to report what was not done, once a call has used all the time it may.
_SECONDS_TO_REPORT = 5
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
"""Error codes that mean "not now": botocore's own list, and others that DynamoDB, S3 and similar services use."""
_THROTTLED_TRANSACTION = ("ThrottlingError", "ProvisionedThroughputExceeded")
# 507: the embedded AWS's disk is full; waiting does not help.
_NOT_NOW = (429, 500, 502, 503, 504)
# Every connection that could not be made, broke or timed out, also while reading a body, and a body other than the one
# sent. Some come as Python's own exceptions.
_TRANSIENT = (
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

# The remaining time of the running function: a Lambda process runs one invocation at a time.
_left: ContextVar[Callable[[], float]] = ContextVar("left", default=lambda: float("inf"))


class AwsUnavailable(NamedError):
    """AWS did not answer, or not successfully, in all attempts; nothing is wrong with the run."""


def client(service: str, attempts: int = ATTEMPTS) -> Any:
    """A boto3 client that retries transient errors."""
    return _ending_in_time(boto3.client(service, config=_config(attempts)), attempts)


def table(name: str) -> Any:
    """A boto3 DynamoDB Table that retries transient errors."""
    resource = boto3.resource("dynamodb", config=_config(ATTEMPTS))
    _ending_in_time(resource.meta.client, ATTEMPTS)
    return resource.Table(name)


def impatient_table_client() -> Any:
    """A DynamoDB client that takes DynamoDB's JSON and leaves retries to its caller.

    It does not validate requests against the service model: for lists of a hundred items that takes as long as all
    other work, and DynamoDB validates them itself.
    """
    config = _config(1).merge(Config(parameter_validation=False))
    found = _ending_in_time(boto3.client("dynamodb", config=config), 1)
    encode_at_once(found)
    return found


def is_transient(error: Exception) -> bool:
    """Whether a call's error is transient: throttling, a 5xx, a broken connection, a timeout."""
    if isinstance(error, ClientError):
        answer = error.response
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
        cancelled = {reason["Code"] for reason in answer.get("CancellationReasons", [])}
        return (
            answer.get("Error", {}).get("Code") in _THROTTLED
            or status in _NOT_NOW
            or not cancelled.isdisjoint(_THROTTLED_TRANSACTION)
        )
    return isinstance(error, _TRANSIENT)


def patiently(read: Callable[[], T], *, pause: Callable[[float], None] = time.sleep, attempts: int = ATTEMPTS) -> T:
    """The result of ``read``, which gets an object and reads all of its body.

    botocore retries the request but not the reading: if the connection breaks while reading a body, this starts again.

    Raises:
        AwsUnavailable: when the function's time is up.
    """
    for attempt in range(1, attempts):
        try:
            return read()
        except Exception as error:
            if not is_transient(error):
                raise
        pause(random.uniform(0, min(_MOST_SECONDS_BETWEEN, 2 ** (attempt - 1))))  # noqa: S311 - jitter is no secret
    return read()


def report_as_unavailable(handler: Handler) -> Handler:
    """Decorates ``handler`` so that transient errors that last are raised as AwsUnavailable, not under botocore's
    names.

    Its calls stop before Lambda's timeout.
    """

    @functools.wraps(handler)
    def handle(event: Any, context: object) -> Any:
        _left.set(lambda: seconds_left(context))
        try:
            return handler(event, context)
        except Exception as error:
            if not is_transient(error):
                raise
            raise AwsUnavailable(
                f"{error}; redrive the execution once AWS has recovered, or start another run"
            ) from error

    return handle  # type: ignore[return-value]


def seconds_left(context: object) -> float:
    """How long the function may still run; infinite if no limit is set, as in tests."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return float("inf") if remaining is None else float(remaining()) / 1000


def _ending_in_time(client: Any, attempts: int) -> Any:
    """``client``, which starts no attempt that, including the wait after it, could outlast the function."""
    longest = (
        _SECONDS_TO_CONNECT + _SECONDS_TO_READ + (_MOST_SECONDS_BETWEEN if attempts > 1 else 0) + _SECONDS_TO_REPORT
    )

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
