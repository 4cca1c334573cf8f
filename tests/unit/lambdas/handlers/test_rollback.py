import pytest

from contract.refusal import PublishRefused, RequestRefused
from lambdas.handlers import publish_version, rollback
from lambdas.publishing.version_pointer import VersionPointer
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import loaded, publishing, run_id


@pytest.fixture
def two(aws: Aws) -> Aws:
    """Two published versions."""
    for day in (9, 16):
        loaded(aws, day)
        publish_version.handler(publishing(day), None)
    return aws


def test_an_operator_brings_the_last_version_back(two: Aws) -> None:
    found = rollback.handler({"version": run_id(9), "by": "ada"}, None)
    assert found == {"version": run_id(9), "from": run_id(16)}
    pointer = VersionPointer(two.table).pointer()
    assert (pointer["current"], pointer["newest"], pointer["moved_by"]) == (run_id(9), run_id(16), "ada")


def test_a_call_that_is_delivered_again_moves_nothing_however_late(two: Aws) -> None:
    """The second delivery comes after the pointer has moved again; the result is that of the first one."""
    event = {"version": run_id(9), "by": "ada", "at": "2026-11-17T08:00:00.120Z"}
    once = rollback.handler(event, None)
    assert rollback.handler(event, None) == once == {"version": run_id(9), "from": run_id(16)}
    loaded(two, 23)
    publish_version.handler(publishing(23), None)
    assert rollback.handler(event, None) == once
    assert VersionPointer(two.table).pointer()["current"] == run_id(23)
    # Another request is another move.
    assert rollback.handler({**event, "at": "2026-11-24T08:00:00Z"}, None)["from"] == run_id(23)


def test_a_time_that_is_none_is_refused(two: Aws) -> None:
    with pytest.raises(RequestRefused, match="at must be a time such as"):
        rollback.handler({"version": run_id(9), "by": "ada", "at": "yesterday"}, None)


def test_nobody_rolls_back_without_a_name(two: Aws) -> None:
    with pytest.raises(RequestRefused, match="by must say who requests the rollback, got ' '"):
        rollback.handler({"version": run_id(9), "by": " "}, None)
    assert VersionPointer(two.table).pointer()["current"] == run_id(16)


def test_before_anything_is_published_there_is_nothing_to_roll_back_to(aws: Aws) -> None:
    with pytest.raises(PublishRefused, match="none, nothing is published yet"):
        rollback.handler({"version": run_id(9), "by": "ada"}, None)
