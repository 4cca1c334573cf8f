"""Rolling back: the pointer to current lists moves to an earlier version, and the move is recorded."""

import pytest

from contract.refusal import PublishRefused
from lambdas.publishing.version_pointer import Move, VersionPointer
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.publishing.pointer_moves import AnswerLost, Interleaved, move, moves
from tests.unit.lambdas.runs import run_id


def test_rolling_back_moves_current_alone_and_is_recorded(aws: Aws, versions: VersionPointer) -> None:
    for day in (2, 9, 16):
        versions.publish(move(day), {})
    back = Move(run_id(9), "ada", "2026-11-17T08:00:00.000+00:00")
    assert versions.roll_back(back) == run_id(16)
    pointer = versions.pointer()
    assert (pointer["current"], pointer["newest"], pointer["moved_by"]) == (run_id(9), run_id(16), "ada")
    assert moves(aws)[-1] == {
        "pk": "meta#move",
        "version": f"{back.at}#{run_id(9)}",
        "at": back.at,
        "by": "ada",
        "from": run_id(16),
        "to": run_id(9),
    }
    # The next run publishes over it; an older one still may not.
    with pytest.raises(PublishRefused, match="newer than"):
        versions.publish(move(10), {})
    versions.publish(move(23), {})
    assert versions.pointer()["current"] == run_id(23)


def test_rolling_back_to_the_current_version_changes_nothing(aws: Aws, versions: VersionPointer) -> None:
    versions.publish(move(9), {})
    before = versions.pointer()
    assert versions.roll_back(Move(run_id(9), "ada", "2026-11-17T08:00:00.000+00:00")) == run_id(9)
    assert versions.pointer() == before
    assert len(moves(aws)) == 1


@pytest.mark.parametrize("status", ["unknown", "retiring", "retired"])
def test_rolling_back_to_what_readers_cannot_be_given_is_refused(versions: VersionPointer, status: str) -> None:
    versions.publish(move(9), {})
    versions.publish(move(16), {})
    target = run_id(2) if status == "unknown" else run_id(9)
    if status != "unknown":
        assert versions.mark_retiring(target)
    if status == "retired":
        assert versions.mark_retired(target)
    served = f"{run_id(9)}, {run_id(16)}" if status == "unknown" else run_id(16)
    with pytest.raises(PublishRefused) as refusal:
        versions.roll_back(Move(target, "ada", "2026-11-17T08:00:00.000+00:00"))
    assert str(refusal.value) == f"PublishRefused: version {target} is {status}; these can become current: {served}"
    assert versions.pointer()["current"] == run_id(16)


def test_a_version_that_begins_to_retire_in_between_is_not_rolled_back_to(aws: Aws, versions: VersionPointer) -> None:
    versions.publish(move(9), {})
    versions.publish(move(16), {})
    late = VersionPointer(Interleaved(aws.table, lambda: versions.mark_retiring(run_id(9))))
    with pytest.raises(PublishRefused, match="is retiring"):
        late.roll_back(Move(run_id(9), "ada", "2026-11-17T08:00:00.000+00:00"))
    assert versions.pointer()["current"] == run_id(16)


def test_a_roll_back_whose_answer_was_lost_tells_what_it_left(aws: Aws, versions: VersionPointer) -> None:
    versions.publish(move(2), {})
    versions.publish(move(9), {})
    back = Move(run_id(2), "ada", "2026-11-10T08:00:00.000+00:00")
    assert VersionPointer(AnswerLost(aws.table, lambda: None)).roll_back(back) == run_id(9)
    assert (versions.pointer()["current"], len(moves(aws))) == (run_id(2), 3)
