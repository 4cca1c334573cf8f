import threading
from typing import Any

import boto3
import pytest

from contract import recommendation_table
from contract.refusal import PublishRefused
from lambdas.aws_clients import AwsUnavailable
from lambdas.publishing import version_pointer
from lambdas.publishing.version_pointer import Move, VersionPointer
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.publishing.pointer_moves import AnswerLost, Interleaved, move, moves
from tests.unit.lambdas.runs import run_id


def test_the_first_version_becomes_current_and_newest(aws: Aws, versions: VersionPointer) -> None:
    versions.publish(move(9), {"users": 6})
    assert versions.pointer() == {
        **recommendation_table.POINTER_KEY,
        "current": run_id(9),
        "newest": run_id(9),
        "moved_at": move(9).at,
        "moved_by": "weekly",
    }
    assert versions.record(run_id(9)) == {
        "pk": "meta#version",
        "version": run_id(9),
        "status": "published",
        "published_at": move(9).at,
        "published_by": "weekly",
        "users": 6,
    }
    (record,) = moves(aws)
    assert (record["from"], record["to"], record["by"]) == (None, run_id(9), "weekly")


@pytest.mark.parametrize("order", [(9, 16), (16, 9)])
def test_of_two_publishers_the_newer_wins_in_either_order(versions: VersionPointer, order: tuple[int, int]) -> None:
    refused = []
    for day in order:
        try:
            versions.publish(move(day), {})
        except PublishRefused as refusal:
            refused.append((day, str(refusal)))
    assert (versions.pointer()["current"], versions.pointer()["newest"]) == (run_id(16), run_id(16))
    assert [day for day, _ in refused] == ([9] if order == (16, 9) else [])
    for _, message in refused:
        assert message.startswith(
            f"PublishRefused: version {run_id(16)} is published already and newer than {run_id(9)}"
        )
        assert "start another run" in message
        # The loser leaves no trace that a reader or an operator could mistake for a version.
        assert versions.record(run_id(9)) == {}


def test_a_newer_version_published_between_the_check_and_the_move_wins(aws: Aws, versions: VersionPointer) -> None:
    late = VersionPointer(Interleaved(aws.table, lambda: versions.publish(move(16), {})))
    with pytest.raises(PublishRefused, match=f"{run_id(16)} is published already and newer"):
        late.publish(move(9), {})
    assert versions.pointer()["current"] == run_id(16)
    assert versions.record(run_id(9)) == {}


def test_an_older_version_published_in_between_is_passed_and_named_as_the_origin(
    aws: Aws, versions: VersionPointer
) -> None:
    VersionPointer(Interleaved(aws.table, lambda: versions.publish(move(9), {}))).publish(move(16), {})
    assert versions.pointer()["current"] == run_id(16)
    assert [(record["from"], record["to"]) for record in moves(aws)] == [(None, run_id(9)), (run_id(9), run_id(16))]


def test_a_newer_version_published_and_rolled_back_in_between_still_wins(aws: Aws, versions: VersionPointer) -> None:
    versions.publish(move(2), {})

    def there_and_back() -> None:
        versions.publish(move(16), {})
        versions.roll_back(Move(run_id(2), "ada", "2026-11-17T08:00:00.000+00:00"))

    with pytest.raises(PublishRefused, match=f"{run_id(16)} is published already and newer"):
        VersionPointer(Interleaved(aws.table, there_and_back)).publish(move(9), {})
    assert (versions.pointer()["current"], versions.pointer()["newest"]) == (run_id(2), run_id(16))


def test_publishers_at_the_same_moment_leave_the_newest(aws: Aws, versions: VersionPointer) -> None:
    days = [3, 5, 8, 13]
    start = threading.Barrier(len(days))
    ended: dict[int, str] = {}

    def publish(day: int, table: Any) -> None:
        start.wait()
        try:
            VersionPointer(table).publish(move(day), {})
            ended[day] = "published"
        except PublishRefused:
            ended[day] = "refused"

    # A resource cannot safely be shared between threads, nor created in one.
    tables = [boto3.session.Session().resource("dynamodb").Table(aws.table_name) for _ in days]
    threads = [threading.Thread(target=publish, args=pair) for pair in zip(days, tables, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions.pointer()["current"] == versions.pointer()["newest"] == run_id(13)
    assert ended[13] == "published"
    assert {day for day in days if ended[day] == "published"} == {
        day for day in days if versions.record(run_id(day)).get("status") == "published"
    }


def test_publishing_again_changes_nothing(aws: Aws, versions: VersionPointer) -> None:
    record = versions.publish(move(9), {"users": 6})
    later = Move(to=run_id(9), by="weekly", at="2026-11-09T05:00:00.000+00:00")
    assert versions.publish(later, {"users": 6}) == record == versions.record(run_id(9))
    assert (versions.pointer()["moved_at"], len(moves(aws))) == (move(9).at, 1)


def test_another_execution_does_not_publish_the_same_version(versions: VersionPointer) -> None:
    versions.publish(move(9), {})
    with pytest.raises(PublishRefused, match="is published already"):
        versions.publish(move(9, by="another"), {})


def test_publishing_again_after_a_newer_version_or_a_roll_back_moves_nothing(
    aws: Aws, versions: VersionPointer
) -> None:
    versions.publish(move(2), {})
    versions.publish(move(9), {})
    versions.roll_back(Move(run_id(2), "ada", "2026-11-10T08:00:00.000+00:00"))
    versions.publish(move(9), {})
    assert versions.pointer()["current"] == run_id(2)
    versions.publish(move(16), {})
    versions.publish(move(9), {})
    assert versions.pointer()["current"] == run_id(16)
    assert len(moves(aws)) == 4


def test_a_publishing_whose_answer_was_lost_has_succeeded(aws: Aws, versions: VersionPointer) -> None:
    VersionPointer(AnswerLost(aws.table, lambda: None)).publish(move(9), {"users": 6})
    assert (versions.pointer()["current"], versions.record(run_id(9))["users"]) == (run_id(9), 6)
    assert len(moves(aws)) == 1


class Held(Interleaved):
    """A table whose pointer is always locked by another transaction."""

    def transact_write_items(self, **_: Any) -> Any:
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        error = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise self.exceptions.TransactionCanceledException(error, "TransactWriteItems")


def test_a_pointer_that_is_held_too_long_is_no_refusal(
    aws: Aws, versions: VersionPointer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not the run's fault: its state is retried."""
    monkeypatch.setattr(version_pointer, "_step_aside", lambda: None)
    versions.publish(move(2), {})
    held = VersionPointer(Held(aws.table, lambda: None))
    with pytest.raises(AwsUnavailable, match="was published; try again"):
        held.publish(move(9), {})
    versions.publish(move(9), {})
    with pytest.raises(AwsUnavailable, match="was rolled back"):
        held.roll_back(Move(run_id(2), "ada", "2026-11-17T08:00:00.000+00:00"))


def test_a_run_whose_lists_are_being_retired_cannot_publish(versions: VersionPointer) -> None:
    assert versions.mark_leftover(run_id(9))
    with pytest.raises(PublishRefused, match="is retiring already; start another run"):
        versions.publish(move(9), {})
    assert versions.pointer() == {}


def test_the_current_version_is_never_retiring(aws: Aws, versions: VersionPointer) -> None:
    versions.publish(move(9), {})
    versions.publish(move(16), {})
    assert not versions.mark_retiring(run_id(16))
    back = Move(run_id(9), "ada", "2026-11-17T08:00:00.000+00:00")
    late = VersionPointer(Interleaved(aws.table, lambda: versions.roll_back(back)))
    assert not late.mark_retiring(run_id(9))
    assert [record["status"] for record in versions.records()] == ["published", "published"]


def test_statuses_go_one_way(versions: VersionPointer) -> None:
    versions.publish(move(9), {})
    versions.publish(move(16), {})
    assert not versions.mark_retired(run_id(9))
    assert versions.mark_retiring(run_id(9))
    assert not versions.mark_retiring(run_id(9))
    assert versions.mark_retired(run_id(9))
    assert not versions.mark_retired(run_id(9))
    assert not versions.mark_leftover(run_id(9))


def test_records_on_more_than_one_page_are_all_read(versions: VersionPointer) -> None:
    # DynamoDB ends a page at one megabyte.
    for day in range(1, 9):
        versions.publish(move(day), {"note": "x" * 300_000})
    assert [record["version"] for record in versions.records()] == [run_id(day) for day in range(1, 9)]
