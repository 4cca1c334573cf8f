"""Week after week: when a simulation ends, what it leaves, and its exit code."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.topx.simulation.weeks import weeks
from topx.actions import simulate
from topx.deployment import OUTPUTS, Deployment
from topx.job_logs import FolderLogs
from topx.simulation.record import Record
from topx.simulation.week import Week
from topx.simulation.week_run import WeekRunner
from topx.simulation.week_slices import Slice
from topx.simulation.week_table import week_table
from topx.terminal import Terminal

SLICES = [Slice(week.until, week.rows, Path()) for week in weeks(4)]
WEEK = weeks(1)[0]


def runs(ends: list[Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code and the output if weeks end like ``ends``: as a week, or by an exception."""

    def run(self: object, added: Slice, watch: Callable[..., None]) -> Week:
        end = ends.pop(0)
        if isinstance(end, BaseException):
            raise end
        return replace(end, until=added.until)

    monkeypatch.setattr(simulate.WeekRunner, "run", run)
    written = io.StringIO()
    console = Terminal(file=written, width=120)
    code = simulate.run_weeks(console, None, SLICES, Record("board", len(SLICES), 7, {}), folder)  # type: ignore[arg-type]
    return code, written.getvalue()


REFUSED = replace(WEEK, status="refused", why="champion")
UNHEARD = replace(WEEK, status="refused", why="request", cause="top_x [is] wrong")
BROKEN = replace(WEEK, status="failed", why="Train k-NN")


@pytest.mark.parametrize(
    ("ends", "code", "reported"),
    [
        ([WEEK, REFUSED, WEEK, WEEK], 0, 4),
        ([WEEK, BROKEN], 1, 2),
        ([UNHEARD], 3, 1),
        ([WEEK, WEEK, KeyboardInterrupt()], 130, 2),
    ],
)
def test_what_was_done_is_shown_written_and_drawn(
    ends: list[Any], code: int, reported: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, said = runs(ends, tmp_path, monkeypatch)
    assert (ended, ends) == (code, [])
    written = json.loads((tmp_path / "simulation.json").read_text(encoding="utf-8"))
    assert [week["until"] for week in written["weeks"]] == [added.until for added in SLICES[:reported]]
    assert (tmp_path / "simulation.html").exists()
    table = said[said.index("\nuntil ") :]
    assert [added.until in table for added in SLICES] == [place < reported for place in range(4)]
    assert (f"{reported} of 4 weeks were run." in said) == (reported < 4)


def test_what_ends_a_simulation_is_said_in_the_runs_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, said = runs([UNHEARD], tmp_path, monkeypatch)
    assert "refused (request) in 61 s\ntop_x [is] wrong\n" in said


def test_what_was_done_is_shown_when_topx_itself_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="no room"):
        runs([WEEK, OSError("no room")], tmp_path, monkeypatch)
    assert json.loads((tmp_path / "simulation.json").read_text(encoding="utf-8"))["weeks"][0]["until"] == WEEK.until


def test_ctrl_c_before_the_first_week_has_ended_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = runs([KeyboardInterrupt()], tmp_path, monkeypatch)
    assert (code, said) == (130, "No week was completed.\n")


def test_the_table_is_whole_on_eighty_columns() -> None:
    written = io.StringIO()
    Terminal(file=written, width=80).print(week_table(weeks(5)))
    header, *lines = [line.split() for line in written.getvalue().splitlines()]
    assert " ".join(header) == "until users new model popular later champion overlap outcome"
    assert lines[0] == ["2025-12-14", "100", "-", "0.1200", "0.0800", "-", "-", "-", "published"]
    assert lines[1] == ["2025-12-21", "101", "20", "0.1210", "0.0800", "0.1000", "0.1010", "62.5%", "published"]
    assert lines[4] == ["2026-01-11", "104", "20", "0.1240", "0.0800", "0.1000", "0.1040", "-", "refused:", "champion"]


class Interrupted:
    """Step Functions, and S3 without objects; when the execution is queried, it is interrupted."""

    def __init__(self) -> None:
        self.stopped: list[str] = []

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: [{}])

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> dict[str, str]:
        return {"executionArn": f"arn:{name}"}

    def describe_state_machine_for_execution(self, executionArn: str) -> dict[str, str]:
        raise KeyboardInterrupt

    def stop_execution(self, executionArn: str, **_: str) -> None:
        self.stopped.append(executionArn)


def test_a_week_that_is_interrupted_is_stopped(tmp_path: Path) -> None:
    service = Interrupted()
    connection: Any = SimpleNamespace(client=lambda _: service)
    place = Deployment(dict.fromkeys(OUTPUTS, "x"), connection, FolderLogs(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        WeekRunner(place, "{}", tmp_path).run(Slice("2026-01-04", 1, tmp_path), lambda _: None)
    (stopped,) = service.stopped
    assert stopped.startswith("arn:week-until-2026-01-04-")
