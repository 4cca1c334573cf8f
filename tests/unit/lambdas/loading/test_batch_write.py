"""Writing in batches to a table that does not always accept them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.aws_clients import impatient_table_client
from lambdas.loading.batch_write import Patience, WritingStalled, write_all
from tests.unit.lambdas.conftest import Aws

TABLE = "lists"


def put(number: int) -> dict[str, Any]:
    return {"PutRequest": {"Item": {"pk": {"S": f"user#{number}"}, "version": {"S": "v"}}}}


def key_of(request: dict[str, Any]) -> str:
    key: str = request["PutRequest"]["Item"]["pk"]["S"]
    return key


class Table:
    """A table that accepts of each call what ``takes`` returns: a number of its items, or an error code."""

    def __init__(self, takes: Callable[[int], int | str]) -> None:
        self._takes = takes
        self.calls: list[list[str]] = []
        self.written: list[str] = []

    def batch_write_item(self, RequestItems: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
        [(table, requests)] = RequestItems.items()
        keys = [key_of(request) for request in requests]
        assert table == TABLE
        assert 1 <= len(requests) <= 25, "DynamoDB refuses other sizes"
        assert len(set(keys)) == len(keys), "DynamoDB refuses a key twice"
        self.calls.append(keys)
        taken = self._takes(len(self.calls))
        if isinstance(taken, str):
            raise ClientError({"Error": {"Code": taken, "Message": "no"}}, "BatchWriteItem")
        self.written += keys[:taken]
        left = requests[taken:]
        return {"UnprocessedItems": {table: left} if left else {}}


def run(table: Table, count: int, patience: Patience | None = None) -> tuple[int, list[tuple[float, float]]]:
    """Write ``count`` items. Returns how many were written, and the bounds of each wait."""
    bounds: list[tuple[float, float]] = []
    waits: list[float] = []

    def draw(low: float, high: float) -> float:
        bounds.append((low, high))
        return high / 2

    written = write_all(
        table, TABLE, map(put, range(count)), total=count, patience=patience, pause=waits.append, draw=draw
    )
    assert waits == [high / 2 for _, high in bounds]
    return written, bounds


def test_a_willing_table_gets_25_at_a_time_without_waiting() -> None:
    table = Table(lambda call: 25)
    assert run(table, 60) == (60, [])
    assert [len(call) for call in table.calls] == [25, 25, 10]
    assert table.written == [f"user#{number}" for number in range(60)]


def test_nothing_to_write_is_no_call() -> None:
    table = Table(lambda call: 25)
    assert run(table, 0) == (0, [])
    assert table.calls == []


def test_what_was_left_unprocessed_is_sent_again_with_the_next_items() -> None:
    table = Table(lambda call: 10 if call == 1 else 25)
    written, bounds = run(table, 40)
    assert written == 40
    assert sorted(table.written) == sorted(f"user#{number}" for number in range(40))
    assert table.calls[1][:15] == table.calls[0][10:]
    assert [len(call) for call in table.calls] == [25, 25, 5]
    assert bounds == [(0, 0.05)], "one wait, and the shortest: there was progress"


def test_progress_of_one_item_a_call_never_runs_out_of_patience() -> None:
    table = Table(lambda call: 1)
    written, bounds = run(table, 30, Patience(attempts=2))
    assert written == 30
    assert {high for _, high in bounds} == {0.05}


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"]
)
def test_throttling_is_an_attempt_without_progress(code: str) -> None:
    table = Table(lambda call: code if call <= 3 else 25)
    written, bounds = run(table, 30)
    assert written == 30
    assert bounds == [(0, 0.1), (0, 0.2), (0, 0.4)]


def test_waits_are_drawn_from_zero_to_a_limit_that_doubles_up_to_the_longest() -> None:
    table = Table(lambda call: 0 if call <= 5 else 25)
    _, bounds = run(table, 1, Patience(attempts=9, first_seconds=1, most_seconds=10))
    assert bounds == [(0, 2), (0, 4), (0, 8), (0, 10), (0, 10)]


def test_progress_begins_the_count_anew() -> None:
    table = Table(lambda call: 0 if call % 3 else 5)  # two calls without progress, then five items
    written, _ = run(table, 25, Patience(attempts=3))
    assert written == 25


def test_no_progress_at_all_ends_with_the_number_of_items_left() -> None:
    table = Table(lambda call: 25 if call == 1 else 10 if call == 2 else 0)
    with pytest.raises(WritingStalled, match=r"everything in 4 attempts: 65 of 100 items are left"):
        run(table, 100, Patience(attempts=4))
    assert len(table.calls) == 2 + 4


def test_another_error_is_not_waited_out() -> None:
    table = Table(lambda call: "ValidationException")
    with pytest.raises(ClientError, match="ValidationException"):
        run(table, 3)
    assert len(table.calls) == 1


def test_a_real_table_holds_every_item(aws: Aws) -> None:
    assert write_all(impatient_table_client(), aws.table_name, map(put, range(60)), total=60) == 60
    assert {item["pk"] for item in aws.table.scan()["Items"]} == {f"user#{number}" for number in range(60)}
