"""Old runs' files are deleted after their lists; what a version or a retirement still needs is kept."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contract.recommendation_table import PUBLISHED, RETIRED, RETIRING, version_key
from contract.run_layout import RunLayout
from lambdas.handlers import delete_old_runs
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.retiring import old_runs
from lambdas.s3_json import JsonDocuments, NotDeleted
from tests.unit.lambdas.conftest import Aws

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
FATES = ("failed", PUBLISHED, RETIRING, RETIRED)
OLD = {fate: f"202609{day:02d}t030000000-0a1b2c" for day, fate in enumerate(FATES, 1)}
LOADED, YOUNG, BORDER = "20260910t030000000-0a1b2c", "20261101t030000000-0a1b2c", "20261024t030000000-0a1b2c"


@pytest.fixture
def runs(aws: Aws) -> Aws:
    """Runs in every state, each with files in all its folders."""
    for run in (*OLD.values(), LOADED, YOUNG, BORDER):
        layout = RunLayout(aws.bucket, run)
        for key in (
            layout.plan,
            f"{layout.rejected}part-00000.jsonl.gz",
            layout.models_checked,
            f"{layout.train}a.pbr",
        ):
            aws.put(key, "x")
    for status in (PUBLISHED, RETIRING, RETIRED):
        aws.table.put_item(Item={**version_key(OLD[status]), "status": status})
    for run in (LOADED, OLD[RETIRED]):
        aws.put(RunLayout(aws.bucket, run).manifest, "[]")
    return aws


def left(aws: Aws) -> set[str]:
    """The runs with any files left."""
    keys = aws.keys()
    return {key.split("/")[1] for key in keys}


def delete(aws: Aws, **given: Any) -> list[str]:
    documents = JsonDocuments(aws.s3, aws.bucket)
    return old_runs.delete(documents, VersionPointer(aws.table), **{"keep_days": 30, "now": NOW, **given})


def test_runs_without_lists_go_and_those_that_are_kept_retiring_or_young_stay(runs: Aws) -> None:
    assert delete(runs) == [OLD["failed"], OLD[RETIRED]]
    assert left(runs) == {OLD[PUBLISHED], OLD[RETIRING], LOADED, YOUNG, BORDER}
    assert delete(runs) == []


def test_a_run_goes_once_it_is_older_than_that(runs: Aws) -> None:
    assert BORDER in delete(runs, now=NOW.replace(second=1))


def test_without_the_setting_everything_stays(runs: Aws) -> None:
    before = runs.keys()
    assert delete(runs, keep_days=0) == []
    assert runs.keys() == before


def test_it_ends_in_time_and_the_next_call_goes_on(runs: Aws) -> None:
    answers = iter([True, False])
    assert delete(runs, may_go_on=lambda: next(answers)) == [OLD["failed"]]
    assert delete(runs) == [OLD[RETIRED]]


def test_what_s3_refuses_to_delete_is_named(runs: Aws) -> None:
    class Refusing:
        def delete_objects(self, **_: Any) -> Any:
            return {"Errors": [{"Key": "runs/a", "Code": "AccessDenied"}]}

    with pytest.raises(NotDeleted, match=r"runs/a was not deleted \(AccessDenied\)"):
        JsonDocuments(Refusing(), runs.bucket).delete([{"Key": "runs/a"}])


def test_the_state_takes_the_days_from_the_deployment(runs: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEP_RUNS_DAYS", "3650")
    assert delete_old_runs.handler({}, None) == {"deleted": []}
    monkeypatch.setenv("KEEP_RUNS_DAYS", "0")
    assert delete_old_runs.handler({}, None) == {"deleted": []}
