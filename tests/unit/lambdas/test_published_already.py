"""A run that would only repeat the current version ends at once; anything that may change its lists starts it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from contract import recommendation_table
from contract.refusal import InputRefused
from contract.run_layout import RunLayout, run_id_of
from tests.unit.lambdas.conftest import CODE, Aws
from tests.unit.lambdas.planning import EXECUTION, ROWS, plan, smallest
from tests.unit.lambdas.runs import SUMMARY, changed

BEFORE = {"arn": f"{EXECUTION['arn']}-before", "started": "2026-11-16T03:00:00.120Z"}
VERSION = run_id_of(BEFORE["arn"], BEFORE["started"])
PUBLISHED_AT = "2026-11-16T03:40:00.000+00:00"
DATASET = {"user": "u", "item": "i", "value": "rating", "timestamp": "t"}


@pytest.fixture
def published(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A bucket whose data is published, as VERSION."""
    smallest(aws, monkeypatch)
    aws.put_json("input/dataset.json", DATASET)
    aws.put_json("input/rules.json", {"exclude": ["3"]})
    plan(execution=BEFORE)
    summarized(aws)
    aws.table.put_item(
        Item={
            **recommendation_table.version_key(VERSION),
            "status": recommendation_table.PUBLISHED,
            "published_at": PUBLISHED_AT,
        }
    )
    aws.table.put_item(Item={**recommendation_table.POINTER_KEY, "current": VERSION, "newest": VERSION})
    return aws


def summarized(aws: Aws, **changes: Any) -> None:
    aws.put_json(RunLayout("", VERSION).summary, changed(SUMMARY, **changes))


def edited(aws: Aws, **changes: Any) -> None:
    """Change the plan of the published version."""
    key = RunLayout("", VERSION).plan
    aws.put_json(key, {**aws.get_json(key), **changes})


def test_the_same_again_is_nothing_new_and_the_plan_says_since_when(published: Aws) -> None:
    state = plan()
    reported = {
        "version": VERSION,
        "published_at": PUBLISHED_AT,
        "latest_interaction": "2025-11-23T12:13:20Z",
    }
    assert (state["anything_new"], state["unchanged"]) == (False, reported)
    assert published.get_json(RunLayout("", state["run_id"]).plan)["unchanged"] == reported


def test_a_repeated_state_says_the_same_whatever_is_published_meanwhile(published: Aws) -> None:
    first = plan()
    published.table.delete_item(Key=recommendation_table.POINTER_KEY)
    assert plan() == first


@pytest.mark.parametrize("request_", [{"newest_within_days": 400}, {"dry_run": True}])
def test_what_changes_no_list_starts_no_run(published: Aws, request_: dict[str, Any]) -> None:
    assert plan(request_)["anything_new"] is False


def test_files_that_say_the_same_in_other_words_are_the_same(published: Aws) -> None:
    published.put("input/rules.json", '{ "exclude" : ["3"] }')
    published.put("input/dataset.json", json.dumps(DATASET, indent=4))
    published.put("input/interactions/_SUCCESS", "")
    assert plan()["anything_new"] is False


NEWS: dict[str, Callable[[Aws], object]] = {
    "a file more": lambda aws: aws.put("input/interactions/two.csv", ROWS),
    "a file of the same size": lambda aws: aws.put("input/interactions/one.csv", ROWS.replace("3", "4")),
    "a file less": lambda aws: edited(aws, input={**_input(aws), "objects": [*_input(aws)["objects"] * 2]}),
    "another name": lambda aws: (
        aws.put("input/interactions/1.csv", ROWS),
        aws.s3.delete_object(Bucket=aws.bucket, Key="input/interactions/one.csv"),
    ),
    "items": lambda aws: edited(aws, input={**_input(aws), "items": _input(aws)["objects"]}),
    "users": lambda aws: edited(aws, input={**_input(aws), "users": _input(aws)["objects"]}),
    "dataset.json": lambda aws: aws.put_json("input/dataset.json", {**DATASET, "where": {"rating": 3}}),
    "rules.json": lambda aws: aws.put_json("input/rules.json", {"exclude": ["4"]}),
    "other code": lambda aws: edited(aws, code={**CODE, "functions": "b"}),
    "rows that were of the future": lambda aws: summarized(aws, rejected_for_now=1),
    "a plan of an older topx": lambda aws: edited(aws, request={"top_x": 100}),
    "a summary of an older topx": lambda aws: aws.put_json(RunLayout("", VERSION).summary, {"latest_time": 1}),
    "a plan that is lost": lambda aws: aws.s3.delete_object(Bucket=aws.bucket, Key=RunLayout("", VERSION).plan),
    "a damaged summary": lambda aws: aws.put(RunLayout("", VERSION).summary, "{"),
    "nothing published": lambda aws: aws.table.delete_item(Key=recommendation_table.POINTER_KEY),
    "a version without a record": lambda aws: aws.table.delete_item(Key=recommendation_table.version_key(VERSION)),
    "rolled back to another": lambda aws: aws.table.put_item(
        Item={**recommendation_table.POINTER_KEY, "current": "20261109t030000120-0a1b2c", "newest": VERSION}
    ),
}


def _input(aws: Aws) -> dict[str, Any]:
    found: dict[str, Any] = aws.get_json(RunLayout("", VERSION).plan)["input"]
    return found


@pytest.mark.parametrize("news", NEWS)
def test_anything_that_may_change_lists_starts_a_run(published: Aws, news: str) -> None:
    NEWS[news](published)
    state = plan()
    assert (state["anything_new"], state["unchanged"]) == (True, None)


@pytest.mark.parametrize(
    "request_", [{"force": True}, {"top_x": 20}, {"seed": 1}, {"rules": {"exclude": []}}, {"spot": True}]
)
def test_so_does_asking_for_something_else_or_for_a_run_at_any_rate(published: Aws, request_: dict[str, Any]) -> None:
    assert plan(request_)["anything_new"] is True


def test_data_that_is_the_same_and_too_old_by_now_is_refused_and_not_passed_over(published: Aws) -> None:
    with pytest.raises(InputRefused, match=r"from 2025-11-23T12:13:20Z, more than newest_within_days 7 before"):
        plan({"newest_within_days": 7})


def test_data_without_times_has_no_age(published: Aws) -> None:
    published.put_json("input/dataset.json", {"user": "u", "item": "i"})
    with pytest.raises(InputRefused, match=r"newest_within_days 7 needs the times of interactions"):
        plan({"newest_within_days": 7})
