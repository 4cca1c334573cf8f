"""How runs end: the outcomes, their causes as text, and the file for scripts."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.refusal import REFUSALS
from topx.execution import Snapshot
from topx.outcome import EXIT_CODES, Outcome, headline, status_of
from workflow.failed_run import FailedRun

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SUCCEEDED = Snapshot("arn:aws:states:x:1:execution:t:n", "SUCCEEDED", NOW, NOW, (), {"plan": {"dry_run": False}})


def failed(error: str, cause: object, status: str = "FAILED") -> str:
    """The status of a run that ended like this."""
    text = cause if isinstance(cause, str) else json.dumps(cause)
    return status_of(replace(SUCCEEDED, status=status), FailedRun(SUCCEEDED.arn, "r", status, error, text))


def test_only_a_run_that_was_no_dry_run_is_published() -> None:
    assert status_of(SUCCEEDED, None) == "published"
    assert status_of(replace(SUCCEEDED, output={"plan": {"dry_run": True}}), None) == "planned"
    unchanged = {"version": "r-1"}
    for dry_run, status in ((False, "unchanged"), (True, "planned")):
        output = {"plan": {"dry_run": dry_run, "unchanged": unchanged}}
        assert status_of(replace(SUCCEEDED, output=output), None) == status


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_a_refusal_is_known_by_aws_error_type_and_by_the_engines_message(refusal: type[Exception]) -> None:
    assert failed(refusal.__name__, {"errorMessage": "x"}) == "refused"
    assert failed("Runtime.HandlerError", {"errorMessage": str(refusal("too few"))}) == "refused"


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_everything_else_failed(status: str) -> None:
    assert failed("States.TaskFailed", "AccessDenied", status) == "failed"


def test_the_file_has_the_documented_fields_and_nulls_for_what_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "new" / "last-run.json"
    Outcome("failed").write(path)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "status": "failed",
        "stack": None,
        "run_id": None,
        "version": None,
        "unchanged": None,
        "users": None,
        "items": None,
        "interactions": None,
        "rejected": None,
        "filtered": None,
        "empty": None,
        "metrics": None,
        "trained_on": None,
        "seconds": {},
        "times": None,
        "hold_out": None,
        "report": None,
        "outcome": None,
        "after_publishing_succeeded": None,
        "warnings": [],
    }
    assert [entry.name for entry in path.parent.iterdir()] == ["last-run.json"]


def test_every_outcome_has_its_exit_code_and_only_good_ones_have_zero() -> None:
    assert EXIT_CODES == {"published": 0, "planned": 0, "unchanged": 0, "failed": 1, "refused": 3}


def test_the_file_keeps_three_metrics_of_two_rankings_whatever_more_is_measured() -> None:
    kept = {"ndcg@10": 0.2, "recall@20": 0.3, "coverage": 0.4}
    more = {**kept, "novelty": 9.0}
    measured = {"model": more, "most_popular": more, "users": 5, "champion": {"comparable": False}}
    assert headline(measured) == {"model": kept, "most_popular": kept}
    assert headline({"model": None, "most_popular": None}) == {"model": None, "most_popular": None}
