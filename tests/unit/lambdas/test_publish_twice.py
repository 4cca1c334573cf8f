"""One run's "Publish version" delivered twice concurrently: whatever happens in between, both have published it."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.handlers import publish_version
from lambdas.publishing.version_pointer import Move, VersionPointer
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import execution, loaded, publishing, run_id

RUN, NEWER = 9, 16


class Interrupted:
    """The table and its client, which let something else happen before the call with a given number."""

    def __init__(self, table: Any, at: int, between: Callable[[], object]) -> None:
        self._table, self._at, self._between = table, at, between
        self.calls = 0
        self.name, self.meta, self.client = table.name, self, self
        self.exceptions = table.meta.client.exceptions

    def _counted(self, call: Callable[..., Any], **request: Any) -> Any:
        self.calls += 1
        if self.calls == self._at:
            self._between()
        return call(**request)

    def get_item(self, **request: Any) -> Any:
        return self._counted(self._table.get_item, **request)

    def query(self, **request: Any) -> Any:
        return self._counted(self._table.query, **request)

    def put_item(self, **request: Any) -> Any:
        return self._counted(self._table.put_item, **request)

    def transact_write_items(self, **request: Any) -> Any:
        return self._counted(self._table.meta.client.transact_write_items, **request)


def publish(aws: Aws, table: Any, day: int = RUN) -> bool:
    event = publishing(day)
    now = publish_version.datetime.now(publish_version.UTC)
    given = {name: event[name] for name in ("execution", "metrics_sha256")}
    documents = JsonDocuments(aws.s3, aws.bucket)
    return publish_version.publish_version(documents, VersionPointer(table), run_id(day), **given, now=now)


def calls(aws: Aws) -> int:
    """How many calls to the table publishing makes."""
    counting = Interrupted(aws.table, 0, lambda: None)
    publish(aws, counting)
    return counting.calls


def superseded(aws: Aws) -> None:
    publish(aws, aws.table)
    publish(aws, aws.table, NEWER)


def rolled_back(aws: Aws) -> None:
    publish(aws, aws.table)
    VersionPointer(aws.table).roll_back(Move(run_id(2), "ada", "2026-11-10T08:00:00.000+00:00"))


def superseded_and_retired(aws: Aws) -> None:
    """The slower delivery finds neither its lists nor its version any more."""
    superseded(aws)
    versions = VersionPointer(aws.table)
    assert versions.mark_retiring(run_id(RUN))
    with aws.table.batch_writer() as writer:
        for item in aws.table.scan()["Items"]:
            if item["version"] == run_id(RUN) and item["pk"].startswith("user#"):
                writer.delete_item(Key={"pk": item["pk"], "version": item["version"]})
    assert versions.mark_retired(run_id(RUN))


@pytest.mark.parametrize(
    ("between", "served"),
    [(None, RUN), (superseded, NEWER), (rolled_back, 2), (superseded_and_retired, NEWER)],
    ids=["published", "superseded", "rolled back", "superseded and retired"],
)
def test_a_second_delivery_at_any_call_succeeds_and_moves_nothing(
    aws: Aws, between: Callable[[Aws], None] | None, served: int
) -> None:
    loaded(aws, 2)
    publish(aws, aws.table, 2)
    loaded(aws, NEWER)
    loaded(aws, RUN)
    wiped = [item for item in aws.table.scan()["Items"] if not item["pk"].startswith("user#")]
    lists = [item for item in aws.table.scan()["Items"] if item["pk"].startswith("user#")]
    number = calls(aws)
    assert number > 10
    for at in range(1, number + 1):
        restore(aws, [*wiped, *lists])
        table = Interrupted(aws.table, at, lambda: (between or (lambda aws: publish(aws, aws.table)))(aws))
        # Only its first call shows that another delivery has published.
        assert publish(aws, table) is (at > 1), f"interrupted before call {at}"
        versions = VersionPointer(aws.table)
        assert versions.pointer()["current"] == run_id(served), f"interrupted before call {at}"
        record = versions.record(run_id(RUN))
        assert record["published_by"] == execution(RUN)


def restore(aws: Aws, items: list[dict[str, Any]]) -> None:
    """The table in its previous state."""
    kept = {(item["pk"], item["version"]) for item in items}
    with aws.table.batch_writer() as writer:
        for item in aws.table.scan()["Items"]:
            if (item["pk"], item["version"]) not in kept:
                writer.delete_item(Key={"pk": item["pk"], "version": item["version"]})
        for item in items:
            writer.put_item(Item=item)


class Lost(Interrupted):
    """The table and its client, which execute the transaction, but respond with an error."""

    def transact_write_items(self, **request: Any) -> Any:
        super().transact_write_items(**request)
        answer = {"Error": {"Code": "IdempotentParameterMismatchException", "Message": "token in use"}}
        raise ClientError(answer, "TransactWriteItems")


def test_an_error_of_the_transaction_does_not_hide_that_it_was_made(aws: Aws) -> None:
    loaded(aws, RUN)
    assert publish(aws, Lost(aws.table, 0, lambda: None)) is True
    assert VersionPointer(aws.table).pointer()["current"] == run_id(RUN)
