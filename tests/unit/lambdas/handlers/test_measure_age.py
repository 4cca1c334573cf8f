"""The age of the published lists, whatever happened to the runs since."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.recommendation_table import version_key
from lambdas.handlers import measure_age, publish_version
from lambdas.publishing.version_pointer import Move, VersionPointer
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.embedded_metrics import data_of
from tests.unit.lambdas.runs import loaded, publishing, run_id
from workflow.run_metrics import DAYS_SINCE_PUBLISHED, NEWEST_INTERACTION_DAYS

LATEST = datetime.fromtimestamp(1_763_900_000.5, UTC)  # of runs.SUMMARY


def measured(aws: Aws, now: datetime) -> dict[str, Any]:
    documents = JsonDocuments(aws.s3, aws.bucket)
    found = measure_age.measure(documents, VersionPointer(aws.table), now=now)
    return {metric.name: value for metric, value in found.items()}


def test_before_anything_is_published_it_is_counted_from_when_the_table_was_made(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(aws, datetime.now(UTC) + timedelta(days=12))
    assert found == {"DaysSincePublished": pytest.approx(12, abs=0.1), "NewestInteractionDays": None}
    measure_age.handler({}, None)
    (datum,) = data_of(capsys.readouterr().out)
    assert (datum.name, datum.dimensions) == ("DaysSincePublished", (("Stack", "shop"),))


def test_it_is_the_age_of_the_newest_version_and_of_the_newest_interaction(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded(aws, 9)
    publish_version.handler(publishing(9), None)
    published = datetime.fromisoformat(VersionPointer(aws.table).record(run_id(9))["published_at"])
    found = measured(aws, published + timedelta(days=10.5))
    assert found["DaysSincePublished"] == 10.5
    assert found["NewestInteractionDays"] == pytest.approx((published - LATEST) / timedelta(days=1) + 10.5, abs=1e-3)
    capsys.readouterr()
    reported = measure_age.handler({"source": "aws.events"}, None)
    assert {datum.name: datum.value for datum in data_of(capsys.readouterr().out)} == reported


def test_a_roll_back_publishes_nothing_and_serves_older_interactions(aws: Aws) -> None:
    loaded(aws, 9, summarized={"latest_time": 1_763_900_000.5 - 7 * 86_400})
    publish_version.handler(publishing(9), None)
    loaded(aws, 16)
    publish_version.handler(publishing(16), None)
    versions = VersionPointer(aws.table)
    aws.table.update_item(
        Key=version_key(run_id(9)),
        UpdateExpression="SET published_at = :at",
        ExpressionAttributeValues={":at": "2026-11-09T05:00:00.000+00:00"},
    )
    newest = datetime.fromisoformat(versions.record(run_id(16))["published_at"])
    before = measured(aws, newest + timedelta(days=3))
    versions.roll_back(Move(to=run_id(9), by="me", at="2026-12-01T00:00:00.000+00:00"))
    after = measured(aws, newest + timedelta(days=3))
    assert before["DaysSincePublished"] == after["DaysSincePublished"] == 3
    assert after["NewestInteractionDays"] == pytest.approx(before["NewestInteractionDays"] + 7)


@pytest.mark.parametrize("summary", [None, b"{", b"{}", b'{"latest_time": null}', b'{"latest_time": "soon"}'])
def test_a_summary_that_does_not_say_costs_the_other_metric_nothing(aws: Aws, summary: bytes | None) -> None:
    layout = loaded(aws, 9)
    publish_version.handler(publishing(9), None)
    if summary is None:
        aws.s3.delete_object(Bucket=aws.bucket, Key=layout.summary)
    else:
        aws.put(layout.summary, summary)
    found = measured(aws, datetime.now(UTC) + timedelta(days=1))
    assert found[DAYS_SINCE_PUBLISHED.name] == pytest.approx(1, abs=0.01)
    assert found[NEWEST_INTERACTION_DAYS.name] is None
