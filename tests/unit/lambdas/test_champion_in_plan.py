"""The current version, as recorded when a run is planned, for its comparison and its outcome."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract import recommendation_table, run_layout
from lambdas.planning import job_volumes
from lambdas.planning.champion import find as find_champion
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.planning import RUN_ID, plan, smallest


@pytest.fixture
def data(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    return smallest(aws, monkeypatch)


CHAMPION = run_layout.RunLayout("", "20261116t030000120-0a1b2c")
LATEST = {"kind": "latest", "because": None, "tied_users": 0}
LISTS = CHAMPION.recommendations("part-00000")


def noted(aws: Aws) -> tuple[Any, str]:
    """The champion in the plan, and the prefix of its lists for extract."""
    state = plan()
    return aws.get_json(f"runs/{RUN_ID}/plan.json")["champion"], state["extract"]["champion"]


def published(aws: Aws) -> None:
    """Make CHAMPION the current version, with data that ends at 1000.5 s."""
    aws.table.put_item(Item={**recommendation_table.POINTER_KEY, "current": CHAMPION.run_id, "newest": "later"})
    aws.put_json(CHAMPION.summary, {"status": "ready", "latest_time": 1000.5, "hold_out": LATEST})
    aws.put(LISTS, b"lists")


def test_the_published_version_is_noted_and_extract_gets_its_lists(data: Aws) -> None:
    published(data)
    champion, place = noted(data)
    assert champion == {
        "version": CHAMPION.run_id,
        "latest_time": 1000.5,
        "hold_out": "latest",
        "fault": None,
        "measured": False,
    }
    assert place == f"s3://{data.bucket}/runs/{CHAMPION.run_id}/recommendations/"


def test_a_version_of_a_model_trained_on_everything_is_compared_with_by_the_lists_of_the_measured_one(
    data: Aws,
) -> None:
    published(data)
    data.put(f"{CHAMPION.evaluated_lists}part-00000.jsonl.gz", b"lists")
    champion, place = noted(data)
    assert champion["measured"] is True
    assert place == f"s3://{data.bucket}/runs/{CHAMPION.run_id}/evaluation/lists/"


def test_the_outcome_is_drawn_without_published_lists_that_are_gone(data: Aws) -> None:
    def inputs() -> dict[str, str]:
        return {one["InputName"]: one["S3Input"]["S3Uri"] for one in plan()["outcome"]["inputs"]}

    published(data)
    assert inputs()["champion"] == f"s3://{data.bucket}/runs/{CHAMPION.run_id}/recommendations/"
    data.s3.delete_object(Bucket=data.bucket, Key=f"runs/{RUN_ID}/plan.json")
    data.put(f"{CHAMPION.evaluated_lists}part-00000.jsonl.gz", b"lists")
    data.s3.delete_object(Bucket=data.bucket, Key=LISTS)
    assert "champion" not in inputs()


def test_the_disk_has_room_for_both_kinds_of_the_champions_lists(data: Aws) -> None:
    published(data)
    data.put(LISTS, b"x" * 700)
    data.put(f"{CHAMPION.evaluated_lists}part-00000.jsonl.gz", b"x" * 50)
    found = find_champion(JsonDocuments(data.s3, data.bucket), VersionPointer(data.table))
    assert found is not None
    assert found.size == 750


def test_before_anything_is_published_the_plan_stands_in_for_a_champions_lists(data: Aws) -> None:
    assert noted(data) == (None, f"s3://{data.bucket}/runs/{RUN_ID}/plan.json")


def test_a_repeated_state_keeps_its_champion(data: Aws) -> None:
    first = noted(data)
    published(data)
    assert noted(data) == first


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda aws: aws.s3.delete_object(Bucket=aws.bucket, Key=CHAMPION.summary),
            "summary.json cannot be used: it is",
        ),
        (lambda aws: aws.put(CHAMPION.summary, b"\xff{"), "summary.json cannot be used: "),
        (lambda aws: aws.put_json(CHAMPION.summary, [1]), "must be a JSON object, got [1]"),
        (lambda aws: aws.put_json(CHAMPION.summary, {"status": "ready"}), "has no latest_time"),
        (lambda aws: aws.put_json(CHAMPION.summary, {"latest_time": 1.5}), "an older topx wrote it"),
        (lambda aws: aws.put_json(CHAMPION.summary, {"latest_time": 1.5, "hold_out": {}}), "lacks the field 'kind'"),
        (
            lambda aws: aws.put_json(CHAMPION.summary, {"latest_time": 1.5, "hold_out": {"kind": "odd"}}),
            "hold_out.kind must be one of latest, random, got 'odd'",
        ),
        (
            lambda aws: aws.put_json(CHAMPION.summary, {"latest_time": "May"}),
            "latest_time must be epoch seconds, got 'May'",
        ),
        (lambda aws: aws.s3.delete_object(Bucket=aws.bucket, Key=LISTS), "there is nothing under runs/"),
    ],
)
def test_a_champion_whose_files_are_gone_is_a_fault_and_no_failure(
    data: Aws, spoil: Callable[[Aws], None], words: str
) -> None:
    published(data)
    spoil(data)
    champion, place = noted(data)
    assert champion["version"] == CHAMPION.run_id
    assert words in champion["fault"]
    assert place.endswith(f"{RUN_ID}/plan.json")  # an empty prefix would fail the job


def test_a_champion_without_times_is_no_fault_of_its_files(data: Aws) -> None:
    published(data)
    data.put_json(CHAMPION.summary, {"latest_time": None, "hold_out": {"kind": "random"}})
    champion = noted(data)[0]
    assert (champion["latest_time"], champion["hold_out"], champion["fault"]) == (None, "random", None)


def test_the_disk_of_extract_has_room_for_the_champions_lists() -> None:
    with_lists = job_volumes.estimate([], "implicit", 64, refit=True, champion_size=5 * 10**9)
    assert with_lists.extract == job_volumes.estimate([], "implicit", 64, refit=True).extract + 5


def test_a_transient_error_is_no_fault_of_the_champions_files(data: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the run would be published without the comparison that the gate requires."""
    published(data)

    def unavailable(_self: JsonDocuments, _key: str) -> bytes:
        answer = {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
        raise ClientError(answer, "GetObject")  # type: ignore[arg-type]

    monkeypatch.setattr(JsonDocuments, "find_bytes", unavailable)
    with pytest.raises(ClientError, match="SlowDown"):
        find_champion(JsonDocuments(data.s3, data.bucket), VersionPointer(data.table))
