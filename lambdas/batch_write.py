"""Writes many items to DynamoDB by BatchWriteItem, patiently, and says so when it gives up."""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# DynamoDB takes no more in a call. An item of a list has at most 400 KB, so a call's 16 MB never bind.
ITEMS_A_CALL = 25

_THROTTLED = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}


class WritingStalled(Exception):
    """DynamoDB has taken nothing for so long that waiting further is idle."""


def table_client() -> Any:
    """A DynamoDB client of plain Python values, which leaves the patience to ``write_all``.

    It does not check requests against the service's model before it sends them: for lists of a hundred
    items that costs as much time as all the rest, and DynamoDB checks them itself.
    """
    retries = {"mode": "standard", "total_max_attempts": 2}
    return boto3.resource("dynamodb", config=Config(retries=retries, parameter_validation=False)).meta.client


@dataclass(frozen=True)
class Patience:
    """How long to go on: seconds of waiting double with each attempt in which nothing progressed."""

    attempts: int = 10
    first_seconds: float = 0.05
    most_seconds: float = 20.0


def write_all(
    client: Any,
    table: str,
    requests: Iterable[dict[str, Any]],
    *,
    total: int,
    patience: Patience | None = None,
    pause: Callable[[float], None] = time.sleep,
    draw: Callable[[float, float], float] = random.uniform,
) -> int:
    """Send every request, and again what DynamoDB left unprocessed, until all are taken.

    Waits between attempts are drawn from zero to the limit ("full jitter": the AWS Architecture Blog's
    "Exponential Backoff And Jitter"). An attempt counts only when nothing progressed, and progress
    begins the count anew.

    Args:
        client: from ``table_client``.
        requests: put or delete requests, no key twice; read as they are needed.
        total: how many they are, for the error.

    Returns:
        How many were written.

    Raises:
        WritingStalled: with the number of those that are left.
    """
    patience = patience or Patience()
    source = iter(requests)
    pending: list[dict[str, Any]] = []
    written = fruitless = 0
    while True:
        pending += islice(source, ITEMS_A_CALL - len(pending))
        if not pending:
            return written
        left = _send(client, table, pending)
        written += len(pending) - len(left)
        fruitless = fruitless + 1 if len(left) == len(pending) else 0
        if fruitless == patience.attempts:
            raise WritingStalled(
                f"{table} took nothing in {fruitless} attempts, {total - written} of {total} items are left; "
                "give the table more write capacity or the map less concurrency, and redrive the execution"
            )
        if left:
            pause(draw(0, min(patience.most_seconds, patience.first_seconds * 2**fruitless)))
        pending = left


def _send(client: Any, table: str, pending: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One call. Returns what DynamoDB did not take: all of it, when it is too busy to take any."""
    try:
        answer = client.batch_write_item(RequestItems={table: pending})
    except ClientError as error:
        if error.response["Error"]["Code"] not in _THROTTLED:
            raise
        return pending
    left: list[dict[str, Any]] = answer.get("UnprocessedItems", {}).get(table, [])
    return left
