"""``topx forget``: the function is invoked until it has finished, and downloaded pages are deleted too."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from topx.actions.forget import forget
from topx.deployment import OUTPUTS, Deployment
from topx.job_logs import JobLogs
from topx.problem import Problem
from topx.terminal import Terminal

RECORD = {
    "record": "s3://b/erasures/ab.json",
    "finished": True,
    "versions": ["r-1", "r-2"],
    "documents": {"runs/r-1/evaluation/report.html": "rewritten", "runs/r-2/outcome.json": "rewritten"},
    "scratch": 1234,
    "older": 0,
    "unknown": ["runs/r-1/[b]notes.txt"],
    "remains": ["input/ is yours."],
}


class Functions:
    """A Lambda client with canned responses, in order."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:
        assert FunctionName == "forget"
        self.asked.append(json.loads(Payload))
        answer = self.answers.pop(0)
        failed = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}


def deployment(functions: Functions | None) -> Deployment:
    outputs = dict.fromkeys(OUTPUTS, "x") | ({"ForgetFunctionName": "forget"} if functions else {})
    place: Any = SimpleNamespace(client=lambda *_: functions)
    return Deployment(outputs, place, JobLogs.__new__(JobLogs), stack="shop")


def output_of(functions: Functions, **given: Any) -> str:
    out = io.StringIO()
    asked: dict[str, Any] = {"user": "u 1", "by": "ada", "as_json": False, **given}
    assert forget(deployment(functions), Terminal(file=out, width=100), **asked) == 0
    return out.getvalue()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOPX_HOME", str(tmp_path))
    (tmp_path / "reports").mkdir()
    for name in ("r-1.html", "r-1-outcome.html", "r-2.html"):
        (tmp_path / "reports" / name).write_text("page")
    return tmp_path


def test_what_was_erased_and_what_remains_is_reported(home: Path) -> None:
    functions = Functions(RECORD)
    lines = output_of(functions).splitlines()
    assert functions.asked == [{"user_id": "u 1", "by": "ada"}]
    assert lines[0] == "Forgot user u 1: all later runs leave the user's rows out."
    numbers = {line.rsplit(maxsplit=1)[0].strip(): line.rsplit(maxsplit=1)[1] for line in lines[1:5]}
    assert list(numbers.values()) == ["2", "2", "1,234", "0"]
    assert "- input/ is yours." in lines
    assert "- runs/r-1/[b]notes.txt is not a topx document, and was not searched." in lines
    assert lines[-1] == "Record: s3://b/erasures/ab.json"


def test_it_goes_on_until_all_is_done(home: Path) -> None:
    functions = Functions({**RECORD, "finished": False}, {**RECORD, "finished": False}, RECORD)
    assert json.loads(output_of(functions, as_json=True)) == RECORD
    assert functions.asked == [{"user_id": "u 1", "by": "ada"}] * 3


def test_pages_that_showed_the_user_are_deleted_here_too(home: Path) -> None:
    output_of(Functions(RECORD))
    assert [path.name for path in (home / "reports").iterdir()] == ["r-2.html"]


def test_a_user_of_whom_there_was_nothing_is_reported(home: Path) -> None:
    assert "Nothing was found for this user." in output_of(Functions({**RECORD, "versions": [], "documents": {}}))


def test_a_refusal_is_the_functions_own_words(home: Path) -> None:
    with pytest.raises(Problem, match="RunInProgress: monday is going on"):
        output_of(Functions({"errorMessage": "RunInProgress: monday is going on"}))


def test_a_stack_of_an_older_topx_has_no_such_function(home: Path) -> None:
    with pytest.raises(Problem, match="an older topx made it; deploy it again"):
        forget(deployment(None), Terminal(file=io.StringIO()), user="u", by=None, as_json=False)
