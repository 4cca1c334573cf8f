import pytest

from contract.refusal import PublishRefused, RequestRefused
from lambdas import publish_version, rollback
from lambdas.version_pointer import VersionPointer
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


def test_nobody_rolls_back_without_a_name(two: Aws) -> None:
    with pytest.raises(RequestRefused, match="by must name who rolls back, got ' '"):
        rollback.handler({"version": run_id(9), "by": " "}, None)
    assert VersionPointer(two.table).pointer()["current"] == run_id(16)


def test_before_anything_is_published_there_is_nothing_to_roll_back_to(aws: Aws) -> None:
    with pytest.raises(PublishRefused, match="none, nothing is published yet"):
        rollback.handler({"version": run_id(9), "by": "ada"}, None)
