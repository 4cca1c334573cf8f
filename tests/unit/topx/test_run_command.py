"""A run that continues without the command that followed it."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from topx.actions import run
from topx.deployment import OUTPUTS, Deployment
from topx.job_logs import FolderLogs
from topx.terminal import Terminal


class Started:
    """A Step Functions client that starts executions, and is interrupted when they are queried."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> dict[str, str]:
        self.names.append(name)
        return {"executionArn": f"arn:aws:states:x:1:execution:t:{name}"}

    def describe_state_machine_for_execution(self, executionArn: str) -> dict[str, str]:
        raise KeyboardInterrupt


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TOPX_HOME", str(tmp_path))
    (tmp_path / "last-run.json").write_text("{}", encoding="utf-8")
    return tmp_path


def start(states: Any, *options: str) -> tuple[int, str]:
    written = io.StringIO()
    outputs = dict.fromkeys(OUTPUTS, "arn")
    place = Deployment(outputs, SimpleNamespace(client=lambda _: states), FolderLogs(Path()), options=options)  # type: ignore[arg-type]
    code = run.run(lambda: place, Terminal(file=written, width=100), run.Data(), given="{}")
    return code, written.getvalue()


def test_ctrl_c_leaves_the_run_alone_and_says_how_to_see_and_stop_it(home: Path) -> None:
    states = Started()
    code, said = start(states)
    assert code == 130
    assert f"topx watch {states.names[0]}" in said
    assert f"topx cancel {states.names[0]}" in said


def test_what_to_type_names_the_stack(home: Path) -> None:
    states = Started()
    _, said = start(states, "--stack", "shop")
    assert f"topx watch {states.names[0]} --stack shop" in " ".join(said.split())
    assert f"topx cancel {states.names[0]} --stack shop" in " ".join(said.split())


class Refusing(Started):
    """One whose credentials expire once it has started the execution."""

    def describe_state_machine_for_execution(self, executionArn: str) -> dict[str, str]:
        raise ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "expired"}}, "Describe")


def test_a_watcher_that_aws_turns_away_says_that_the_run_goes_on(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states, written = Refusing(), io.StringIO()
    connection: Any = SimpleNamespace(client=lambda _: states)
    outputs = dict.fromkeys(OUTPUTS, "arn")
    place = Deployment(outputs, connection, FolderLogs(Path()), stack="shop", options=["--stack", "shop"])
    with pytest.raises(ClientError):
        run.run(lambda: place, Terminal(file=written, width=200), run.Data(), given="{}", stack="shop")
    assert f"The run continues. Follow it: topx watch {states.names[0]} --stack shop" in written.getvalue()
    assert not (home / "last-run.json").exists()


def test_no_outcome_of_an_earlier_run_stays_while_one_is_under_way(home: Path) -> None:
    start(Started())
    assert not (home / "last-run.json").exists()


def test_every_run_has_a_name_of_its_own(home: Path) -> None:
    states = Started()
    start(states)
    start(states)
    assert len(set(states.names)) == 2


def test_a_run_that_could_not_start_has_failed(home: Path) -> None:
    def broken() -> Any:
        raise RuntimeError("no engine")

    with pytest.raises(RuntimeError, match="no engine"):
        run.run(broken, Terminal(file=io.StringIO()), run.Data(), given="{}")
    assert json.loads((home / "last-run.json").read_text(encoding="utf-8"))["status"] == "failed"


class Stoppable:
    """A Step Functions client with one execution, and a table with what it had published by then."""

    def __init__(self, record: dict[str, str]) -> None:
        self.record = record
        self.stopped: list[str] = []
        self.arn = "arn:aws:states:x:1:execution:t:weekly"
        self.entry = {"executionArn": self.arn, "name": "weekly", "startDate": datetime(2026, 11, 23, 3, tzinfo=UTC)}

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: [{"executions": [self.entry]}])

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        return self.entry

    def stop_execution(self, executionArn: str, **_: str) -> None:
        self.stopped.append(executionArn)

    def get_item(self, Key: dict[str, str], ConsistentRead: bool) -> dict[str, Any]:
        assert Key["version"].startswith("20261123t030000000-")
        return {"Item": self.record}


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"status": "loading"}, "Stopped weekly. Nothing of it was published."),
        ({"published_at": "2026-11-23T03:20:00Z"}, "Stopped weekly. It had already published its version."),
    ],
)
def test_cancelling_says_whether_something_was_published(record: dict[str, str], words: str) -> None:
    written, states = io.StringIO(), Stoppable(record)
    place = SimpleNamespace(states=states, state_machine="arn", table=states)
    assert run.cancel(place, Terminal(file=written, width=100), None) == 0  # type: ignore[arg-type]
    assert states.stopped == [states.arn]
    assert written.getvalue().strip() == words
