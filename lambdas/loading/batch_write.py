"""Writes many items to DynamoDB with BatchWriteItem, with retries, and reports when it gives up."""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from contract.refusal import NamedError
from lambdas.aws_clients import is_transient, seconds_left

# The maximum of a call. A list is at most 400 KB, so the limit of 16 MB for a call does not matter.
ITEMS_A_CALL = 25

# Before a function's own timeout: enough for one more call to time out, and to report what is left.
_SECONDS_TO_SPARE = 45.0


class WritingStalled(NamedError):
    """DynamoDB has accepted nothing for so long that there is no point in waiting further."""


@dataclass(frozen=True)
class Patience:
    """How long to continue: the wait doubles with each attempt without progress.

    40 attempts without progress take about five minutes, if each fails at once. ``seconds_left`` is called before each
    wait: a function that Lambda kills cannot report what is left.
    """

    attempts: int = 40
    first_seconds: float = 0.05
    most_seconds: float = 20.0
    seconds_left: Callable[[], float] = field(default=lambda: float("inf"))

    @classmethod
    def of(cls, context: object) -> "Patience":
        """The patience of a function, which stops before Lambda's timeout."""
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
    """Send every request, and resend what DynamoDB leaves unprocessed, until all are accepted.

    Waits between attempts are random from zero to the limit ("full jitter": the AWS Architecture Blog's "Exponential
    Backoff And Jitter"). Only attempts without progress count, and progress resets the count.

    Args:
        client: from ``lambdas.aws_clients.impatient_table_client``, or one that takes plain Python values.
        requests: put or delete requests in the client's form, no key twice; read as needed.
        total: how many there are, for the error.

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
    """One call. Returns what DynamoDB did not accept: everything, if it is too busy or cannot be reached.

    A call whose response was lost may have written the items: writing them again changes nothing.
    """
    try:
        answer = client.batch_write_item(RequestItems={table: pending})
    except Exception as error:
        if not is_transient(error):
            raise
        return pending
    left: list[WriteRequest] = answer.get("UnprocessedItems", {}).get(table, [])
    return left
