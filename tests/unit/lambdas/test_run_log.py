"""Each line of a function's log is JSON with its run."""

import ast
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas import run_log
from tests.unit.lambdas.runs import execution, run_id

REPOSITORY = Path(__file__).parents[3]
STARTED = "2026-11-23T03:00:00Z"
AFTER = f"arn:aws:states:eu-west-1:000000000000:execution:after:{run_id(23)}"
MILLISECONDS = datetime.fromisoformat(STARTED).timestamp() * 1000


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Like Lambda, whose runtime has its own handler at the root logger."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "topx-publish")
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    root.handlers = [logging.StreamHandler()]
    yield
    root.handlers, root.level = handlers, level


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    said = capsys.readouterr()
    assert said.err == ""
    return [json.loads(line) for line in said.out.splitlines()]


def test_what_a_function_logs_is_keyed_by_its_run(in_lambda: None, capsys: pytest.CaptureFixture[str]) -> None:
    @run_log.keyed
    def handler(event: Any, _context: Any) -> str:
        logging.getLogger("lambdas.loading").info('%d "rows"\nof ünicode', event["rows"])
        logging.getLogger("botocore.credentials").info("chatter")
        return "answer"

    for _ in range(2):  # a warm function
        assert handler({"run_id": run_id(23), "rows": 5}, SimpleNamespace(aws_request_id="8d3c")) == "answer"
    first, done, *again = lines(capsys)
    assert len(again) == 2
    assert {name: first[name] for name in ("level", "logger", "message", "run_id", "request_id")} == {
        "level": "INFO",
        "logger": "lambdas.loading",
        "message": '5 "rows"\nof ünicode',
        "run_id": run_id(23),
        "request_id": "8d3c",
    }
    assert datetime.fromisoformat(first["timestamp"]).utcoffset() is not None
    assert done["message"].startswith("done in 0.0 s")
    logging.getLogger("lambdas").warning("between two calls")
    (between,) = lines(capsys)
    assert "run_id" not in between


def test_a_failure_is_logged_with_the_run_and_raised(in_lambda: None, capsys: pytest.CaptureFixture[str]) -> None:
    @run_log.keyed
    def handler(_event: Any, _context: Any) -> None:
        try:
            {}["inner"]
        except KeyError:
            logging.getLogger("lambdas").exception("looked at")
        raise ValueError("no\nway")

    with pytest.raises(ValueError, match="no"):
        handler({"run_id": run_id(23)}, None)
    reported, failed = lines(capsys)
    assert "KeyError: 'inner'" in reported["exception"]
    assert (failed["level"], failed["run_id"]) == ("ERROR", run_id(23))
    assert failed["message"].endswith("s: ValueError: no\nway")


def test_outside_lambda_the_log_is_left_as_it_is() -> None:
    handlers = logging.getLogger().handlers
    run_log.keyed(lambda _event, _context: None)({}, None)
    assert logging.getLogger().handlers is handlers


@pytest.mark.parametrize(
    "event",
    [
        {"run_id": run_id(23), "part": {}},
        {"version": run_id(23), "part": "part-00000"},
        {"input": {}, "execution": {"arn": execution(23), "started": STARTED}},
        {"failed": {}, "execution": {"Id": execution(23), "StartTime": STARTED, "Name": "day-23"}},
        {"failed": {}, "execution": {"Id": AFTER, "StartTime": STARTED}},
        {"detail": {"executionArn": execution(23), "startDate": MILLISECONDS}},
        {"detail": {"executionArn": AFTER, "startDate": MILLISECONDS + 5e6}},
    ],
)
def test_the_run_is_found_in_each_functions_event(event: Any) -> None:
    assert run_log.run_of(event) == run_id(23)


@pytest.mark.parametrize(
    "event",
    [None, [], {}, {"run_id": 5}, {"execution": "x"}, {"execution": {"arn": 5, "started": "soon"}}, {"detail": {}}],
)
def test_an_event_without_a_run_is_no_fault_of_the_log(event: Any) -> None:
    assert run_log.run_of(event) is None


def test_every_function_is_keyed() -> None:
    for path in (REPOSITORY / "lambdas" / "handlers").glob("[!_]*.py"):
        (handler,) = (
            node
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef) and node.name == "handler"
        )
        assert ast.unparse(handler.decorator_list[0]) == "run_log.keyed", path.name
