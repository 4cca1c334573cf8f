"""A run's metrics match its documents; a run that publishes nothing has none."""

from typing import Any

import pytest

from contract.refusal import PublishRefused
from lambdas.handlers import publish_version, write_outcome
from lambdas.outcome import run_values
from lambdas.s3_json import JsonDocuments
from tests.unit.contract.made_metrics import metrics
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.embedded_metrics import data_of
from tests.unit.lambdas.runs import loaded, plan, publishing, run_id, written


def champion(day: int) -> dict[str, Any]:
    return {"version": run_id(day), "latest_time": None, "hold_out": None, "fault": None, "measured": True}


def sent_values(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    found = data_of(capsys.readouterr().out)
    assert len({datum.name for datum in found}) == len(found)
    return {datum.name: datum.value for datum in found}


@pytest.fixture
def published(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Aws:
    """A version of 6 users and 40 items, 5 of whose 1,010 rows were rejected."""
    loaded(aws, 9)
    publish_version.handler(publishing(9), None)
    capsys.readouterr()
    return aws


def outcome_of(aws: Aws, capsys: pytest.CaptureFixture[str], **given: Any) -> dict[str, float]:
    loaded(aws, 16, planned={**plan(16), "champion": champion(9)}, **given)
    publish_version.handler(publishing(16), None)
    capsys.readouterr()
    write_outcome.handler(written(16), None)
    return sent_values(capsys)


def test_a_version_is_counted_when_the_pointer_is_moved_and_not_again(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded(aws, 9)
    publish_version.handler(publishing(9), None)
    assert sent_values(capsys) == {"VersionsPublished": 1}
    publish_version.handler(publishing(9), None)
    assert sent_values(capsys) == {}


def test_a_run_that_is_refused_publishes_nothing(published: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    loaded(published, 2)
    with pytest.raises(PublishRefused):
        publish_version.handler(publishing(2), None)
    assert sent_values(capsys) == {}


def test_the_outcome_is_reported(published: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    found = outcome_of(published, capsys, users=9, without_list=frozenset({0, 4}), summarized={"items": 10})
    assert found == {
        "Users": 7,
        "Items": 10,
        "ListsShort": 2,
        "ListsEmpty": 2,
        "RejectedShare": pytest.approx(100 * 5 / 1010),
        "RejectedOfLimit": pytest.approx(100 * 5 / 1010 / 0.01),
        "NDCG": 0.127,
        "NDCGMostPopular": 0.081,
        "UsersOfPrevious": pytest.approx(150),
        "ItemsOfPrevious": pytest.approx(25),
        "NDCGOfPrevious": pytest.approx(100),
    }


def test_the_first_version_is_beside_none(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    loaded(aws, 9)
    publish_version.handler(publishing(9), None)
    capsys.readouterr()
    write_outcome.handler(written(9), None)
    assert {name for name in sent_values(capsys) if name.endswith("OfPrevious")} == set()


@pytest.mark.parametrize("damaged", [None, b"", b"[]", b"{}", b'{"users": "six", "items": null, "model": 5}'])
def test_a_version_before_that_cannot_be_read_costs_the_outcome_nothing(
    damaged: bytes | None, published: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("summary.json", "evaluation/metrics.json"):
        key = f"runs/{run_id(9)}/{name}"
        if damaged is None:
            published.s3.delete_object(Bucket=published.bucket, Key=key)
        else:
            published.put(key, damaged)
    found = outcome_of(published, capsys)
    assert found["Users"] == 6
    assert {name for name in found if name.endswith("OfPrevious")} == set()


def test_nothing_held_out_and_a_limit_of_none_leave_out_what_they_cannot_say(
    published: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = {"user": "u", "item": "i", "reject_limit": 0}
    layout = loaded(published, 16, planned={**plan(16, gate="off"), "champion": champion(9), "dataset": dataset})
    published.put_json(layout.metrics, {**metrics(None, None), "model": None, "most_popular": None})
    outcome: Any = {
        "run_id": run_id(16),
        "users": 6,
        "items": 40,
        "short": 0,
        "empty": 0,
        "metrics": {"model": None, "most_popular": None},
    }
    values = run_values.of_outcome(JsonDocuments(published.s3, published.bucket), outcome)
    unknown = {metric.name for metric, value in values.items() if value is None}
    assert unknown == {"RejectedOfLimit", "NDCG", "NDCGMostPopular", "NDCGOfPrevious"}
