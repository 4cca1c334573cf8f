"""outcome.json describes what was published; a run that has not published has none."""

from typing import Any

import pytest

from contract.data_hash import data_hash
from contract.refusal import PublishRefused
from lambdas.aws_clients import AwsUnavailable
from lambdas.handlers import publish_version, write_outcome
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import CODE, Aws
from tests.unit.lambdas.runs import HYPERPARAMETERS, METRICS, loaded, publishing, run_id, written


def publish(day: int) -> dict[str, Any]:
    """Publish a day's run and write its outcome; returns that state's result."""
    publish_version.handler(publishing(day), None)
    return write_outcome.handler(written(day), None)


def test_the_outcome_says_what_was_published_and_what_it_takes_to_get_it_again(aws: Aws) -> None:
    layout = loaded(aws, 23, gate=1.5)
    assert publish(23) == {"status": "published", "version": run_id(23)}
    pointer = VersionPointer(aws.table).pointer()
    outcome = aws.get_json(layout.outcome)
    assert "NDCG@10 is 0.1270, most-popular's 0.0810" in outcome["gate"].pop("cause")
    assert outcome == {
        "status": "published",
        "run_id": run_id(23),
        "version": run_id(23),
        "published_at": pointer["moved_at"],
        "users": 6,
        "items": 40,
        "interactions": 1000,
        "rejected": 5,
        "filtered": 0,
        "side_rows": {"users": {"rows": 0, "rejected": 0}, "items": {"rows": 40, "rejected": 1}},
        "data_hash": data_hash(aws.get_json(layout.plan), aws.get_json(layout.summary)),
        "code": CODE,
        "hyperparameters": HYPERPARAMETERS,
        "seeds": {"prepare": 0},
        "request": aws.get_json(layout.plan)["request"],
        "times": {
            "earliest": "2023-11-14T22:13:20Z",
            "latest": "2025-11-23T12:13:20Z",
            "format": "seconds",
            "decided": "1,005 of 1,005 numbers are times from 1995 on as epoch seconds",
        },
        "metrics": {"model": METRICS["model"], "most_popular": METRICS["most_popular"]},
        "hold_out": {"kind": "latest", "because": None, "tied_users": 0},
        "trained_on": {
            "measured": 990,
            "published": 1000,
            "because": "1.00% of the interactions were held out; from 0.2% on there is a second training",
        },
        "gate": {"value": {"baseline": 1.5, "champion": 0.95}, "passed": True},
        "rules": {"servable": 40, "unknown": {}},
        "short": 2,
        "short_because": {"few_items": 0, "rules": 0, "seen": 2, "most_per_category": 0, "index": 0},
        "empty": 0,
        "warnings": ["5 of 1,010 rows were refused: missing user (5)."],
        "report": f"s3://{aws.bucket}/runs/{run_id(23)}/evaluation/report.html",
    }


def test_users_without_a_list_are_reported_and_the_table_need_not_have_one(aws: Aws) -> None:
    layout = loaded(aws, 23, without_list=frozenset({0, 4}))
    publish(23)
    outcome = aws.get_json(layout.outcome)
    assert outcome["empty"] == 2
    assert outcome["warnings"][0].startswith("2 of 6 users have no list of their own, because they already have every")
    assert len(outcome["warnings"]) == 2


def test_rules_that_leave_less_than_a_list_are_reported(aws: Aws) -> None:
    layout = loaded(aws, 23, top_x=30, summarized={"servable": 3})
    publish(23)
    assert aws.get_json(layout.outcome)["warnings"][0].startswith(
        "The rules leave 3 of 40 items, fewer than top_x (30)"
    )


def test_an_open_gate_is_reported_in_the_outcome(aws: Aws) -> None:
    layout = loaded(aws, 23, gate="off")
    publish(23)
    gate = aws.get_json(layout.outcome)["gate"]
    assert (gate["value"], gate["passed"]) == ("off", True)
    assert gate["cause"].startswith("the gate is off")


def test_written_again_it_is_the_same_whatever_has_become_of_the_version(aws: Aws) -> None:
    layout = loaded(aws, 9)
    publish(9)
    outcome = aws.get(layout.outcome)
    loaded(aws, 16)
    publish(16)
    versions = VersionPointer(aws.table)
    assert versions.mark_retiring(run_id(9))
    assert versions.mark_retired(run_id(9))
    write_outcome.handler(written(9), None)
    assert aws.get(layout.outcome) == outcome


def test_a_run_that_has_not_published_has_no_outcome(aws: Aws) -> None:
    layout = loaded(aws, 23)
    with pytest.raises(PublishRefused, match=f"run {run_id(23)} has not published its version"):
        write_outcome.handler(written(23), None)
    assert layout.outcome not in aws.keys("runs/")


def test_what_is_not_written_is_written_by_repeating(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = loaded(aws, 23)
    with monkeypatch.context() as patched:
        patched.setattr(JsonDocuments, "write", lambda *_: (_ for _ in ()).throw(ConnectionError("lost")))
        with pytest.raises(AwsUnavailable, match="lost"):
            publish(23)
    pointer = VersionPointer(aws.table).pointer()
    assert pointer["current"] == run_id(23)
    write_outcome.handler(written(23), None)
    assert aws.get_json(layout.outcome)["published_at"] == pointer["moved_at"]
