"""Moves of the pointer, and tables in which something comes between."""

from collections.abc import Callable
from typing import Any

from boto3.dynamodb.conditions import Key

from contract import recommendation_table
from lambdas.publishing.version_pointer import Move
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import run_id


def move(day: int, by: str = "weekly") -> Move:
    return Move(to=run_id(day), by=by, at=f"2026-11-{day:02d}T04:00:00.000+00:00")


def moves(aws: Aws) -> list[dict[str, Any]]:
    """The records of the pointer's moves, oldest first."""
    found: list[dict[str, Any]] = aws.table.query(
        KeyConditionExpression=Key("pk").eq(recommendation_table.MOVE_PARTITION)
    )["Items"]
    return found


class Interleaved:
    """A table in which something else happens between reading the pointer and the transaction."""

    def __init__(self, table: Any, between: Callable[[], object]) -> None:
        self._table, self._between, self.name, self.meta = table, between, table.name, self
        self.client, self.exceptions = self, table.meta.client.exceptions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def transact_write_items(self, **request: Any) -> Any:
        between, self._between = self._between, lambda: None
        between()
        return self._table.meta.client.transact_write_items(**request)


class AnswerLost(Interleaved):
    """A table whose first transaction succeeds, but is reported as cancelled by another transaction."""

    def transact_write_items(self, **request: Any) -> Any:
        first, self._between = self._between is not None, None  # type: ignore[assignment]
        answer = self._table.meta.client.transact_write_items(**request)
        if first:
            reasons = [{"Code": "TransactionConflict"}]
            error = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise self.exceptions.TransactionCanceledException(error, "TransactWriteItems")
        return answer
