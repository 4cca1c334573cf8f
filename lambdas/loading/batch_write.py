"""Writes many items to DynamoDB by BatchWriteItem, patiently, and says so when it gives up."""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from contract.refusal import NamedError
from lambdas.aws_clients import is_weather, seconds_left

# DynamoDB takes no more in a call. An item of a list has at most 400 KB, so a call's 16 MB never bind.
ITEMS_A_CALL = 25

# Before a function's own end: enough for one more call to time out, and to say what is left.
_SECONDS_TO_SPARE = 45.0


class WritingStalled(NamedError):
    """DynamoDB has taken nothing for so long that waiting further is idle."""


@dataclass(frozen=True)
class Patience:
    """How long to go on: seconds of waiting double with each attempt in which nothing progressed.

    40 attempts without progress are some five minutes, if each fails at once. ``seconds_left`` is asked before each
    wait: whoever is ended from outside cannot say what is left.
    """

    attempts: int = 40
    first_seconds: float = 0.05
    most_seconds: float = 20.0
    seconds_left: Callable[[], float] = field(default=lambda: float("inf"))

    @classmethod
    def of(cls, context: object) -> "Patience":
        """That of a function, which ends before Lambda ends it."""
        return cls(seconds_left=lambda: seconds_left(context))


WriteRequest = dict[str, Any]
"""An element of BatchWriteItem's RequestItems: a put or a delete request."""


def write_all(
    client: Any,
    table: str,
    requests: Iterable[WriteRequest],
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
        client: from ``lambdas.aws_clients.impatient_table_client``, or one that takes plain Python values.
        requests: put or delete requests as the client takes them, no key twice; read as they are needed.
        total: how many they are, for the error.

    Returns:
        How many were written.

    Raises:
        WritingStalled: with the number of those that are left.
    """
    patience = patience or Patience()
    source = iter(requests)
    pending: list[WriteRequest] = []
    written = fruitless = 0
    while True:
        pending += islice(source, ITEMS_A_CALL - len(pending))
        if not pending:
            return written
        left = _send(client, table, pending)
        written += len(pending) - len(left)
        fruitless = fruitless + 1 if len(left) == len(pending) else 0
        late = bool(left) and patience.seconds_left() < _SECONDS_TO_SPARE
        if fruitless == patience.attempts or late:
            why = "in the function's time" if late else f"in {fruitless} attempts"
            raise WritingStalled(
                f"{table} did not accept everything {why}: {total - written} of {total} items are left. Give the table "
                "more write capacity or the map less concurrency, and redrive the execution"
            )
        if left:
            pause(draw(0, min(patience.most_seconds, patience.first_seconds * 2**fruitless)))
        pending = left


def _send(client: Any, table: str, pending: list[WriteRequest]) -> list[WriteRequest]:
    """One call. Returns what DynamoDB did not take: all of it, when it is too busy to take any, or cannot be reached.

    A call whose answer was lost may have written: writing the same again changes nothing.
    """
    try:
        answer = client.batch_write_item(RequestItems={table: pending})
    except Exception as error:
        if not is_weather(error):
            raise
        return pending
    left: list[WriteRequest] = answer.get("UnprocessedItems", {}).get(table, [])
    return left
