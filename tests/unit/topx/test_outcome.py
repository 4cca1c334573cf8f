"""How runs end: the four outcomes, their causes in words, and the file for scripts."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.refusal import REFUSALS
from topx.execution import Snapshot
from topx.outcome import EXIT_CODES, Outcome, status_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SUCCEEDED = Snapshot("arn:aws:states:x:1:execution:t:n", "SUCCEEDED", NOW, NOW, (), {"plan": {"dry_run": False}})


def failed(error: str, cause: object) -> Snapshot:
    text = cause if isinstance(cause, str) else json.dumps(cause)
    return replace(SUCCEEDED, status="FAILED", error=error, cause=text)


def test_only_a_run_that_was_no_dry_run_is_published() -> None:
    assert status_of(SUCCEEDED) == "published"
    assert status_of(replace(SUCCEEDED, output={"plan": {"dry_run": True}})) == "planned"


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_a_refusal_is_known_by_aws_error_type_and_by_the_engines_message(refusal: type[Exception]) -> None:
    message = str(refusal("too few"))
    assert status_of(failed(refusal.__name__, {"errorMessage": "x"})) == "refused"
    assert status_of(failed("Runtime.HandlerError", {"errorMessage": message})) == "refused"


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_everything_else_failed(status: str) -> None:
    assert status_of(replace(failed("States.TaskFailed", "AccessDenied"), status=status)) == "failed"


def test_the_file_has_the_documented_fields_and_nulls_for_what_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "new" / "last-run.json"
    Outcome("failed").write(path)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "status": "failed",
        "run_id": None,
        "version": None,
        "users": None,
        "items": None,
        "interactions": None,
        "rejected": None,
        "metrics": None,
        "seconds": {},
        "report": None,
    }
    assert [entry.name for entry in path.parent.iterdir()] == ["last-run.json"]


def test_every_outcome_has_its_exit_code_and_only_good_ones_have_zero() -> None:
    assert EXIT_CODES == {"published": 0, "planned": 0, "failed": 1, "refused": 3}
