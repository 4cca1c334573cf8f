"""Executions, from Step Functions' history."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from topx.execution import History, Snapshot, Workflow
from topx.home import REPOSITORY
from topx.job_logs import Job
from workflow.stages import NOT_STARTED, START_AFTER_PUBLISHING
from workflow.state_timings import states_of

START = datetime(2026, 11, 23, 3, tzinfo=UTC)


def entered(kind: str, name: str, second: float, given: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": f"{kind}StateEntered",
        "timestamp": START + timedelta(seconds=second),
        "stateEnteredEventDetails": {"name": name, "input": json.dumps(given or {})},
    }


def exited(kind: str, name: str, second: float) -> dict[str, Any]:
    return {
        "type": f"{kind}StateExited",
        "timestamp": START + timedelta(seconds=second),
        "stateExitedEventDetails": {"name": name, "output": "{}"},
    }


def execution(*events: dict[str, Any], status: str, end: float | None) -> Snapshot:
    stopped = None if end is None else START + timedelta(seconds=end)
    return Snapshot("arn:aws:states:x:1:execution:t:n", status, START, stopped, states_of(events), {})


def test_states_come_in_order_of_entry_with_what_lies_between() -> None:
    history = [
        {"type": "ExecutionStarted", "timestamp": START},
        entered("Task", "Plan", 0),
        {"type": "TaskScheduled", "timestamp": START},
        exited("Task", "Plan", 1.5),
        entered("Choice", "Dry?", 1.5),
        exited("Choice", "Dry?", 1.5),
        entered("Task", "Train", 1.5, {"plan": {"fm": {"base": "fm-1"}}}),
    ]
    found = states_of(history)
    assert [(state.name, state.kind, state.exited is None) for state in found] == [
        ("Plan", "Task", False),
        ("Dry?", "Choice", False),
        ("Train", "Task", True),
    ]
    assert found[2].given == {"plan": {"fm": {"base": "fm-1"}}}


class RecordedHistory:
    """Step Functions with a growing history; ``read`` are the numbers of the events that were requested."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.read: list[int] = []

    def get_paginator(self, _operation: str) -> "RecordedHistory":
        return self

    def paginate(
        self,
        *,
        executionArn: str,
        reverseOrder: bool,
        maxResults: int,
    ) -> Iterator[dict[str, Any]]:
        assert (executionArn, reverseOrder) == ("arn", True)
        newest_first = self.ids[::-1]
        for first in range(0, len(newest_first), maxResults):
            page = newest_first[first : first + maxResults]
            self.read += page
            yield {"events": [{"id": number} for number in page]}


def test_a_history_is_read_once_however_often_it_is_looked_at() -> None:
    reported = RecordedHistory()
    history = History(reported, "arn")
    assert list(history.events()) == []
    known = 0
    for more in (3, 0, 1, 60, 25, 1500, 0):
        reported.ids += range(known + 1, known + more + 1)
        known, reported.read = known + more, []
        assert [event["id"] for event in history.events()] == list(range(1, known + 1))
        assert set(range(known - more + 1, known + 1)) <= set(reported.read)
        assert len(reported.read) < more + 2 * 25 or more > 1000


def test_seconds_of_a_state_entered_twice_are_summed() -> None:
    ended = execution(
        entered("Task", "Train", 0),
        exited("Task", "Train", 2),
        entered("Task", "Load", 2),
        exited("Task", "Load", 3),
        entered("Task", "Train", 3),
        exited("Task", "Train", 7),
        status="SUCCEEDED",
        end=7,
    )
    assert ended.seconds() == {"Train": 6.0, "Load": 1.0}


def test_a_failed_state_is_the_one_not_left_and_lasts_until_the_end() -> None:
    ended = execution(
        entered("Task", "Plan", 0), exited("Task", "Plan", 1), entered("Task", "Train", 1), status="FAILED", end=5
    )
    assert ended.failed_state is not None
    assert ended.failed_state.name == "Train"
    assert ended.seconds() == {"Plan": 1.0, "Train": 4.0}


def test_a_running_or_succeeded_execution_has_no_failed_state() -> None:
    assert execution(entered("Task", "Plan", 0), status="RUNNING", end=None).failed_state is None
    assert execution(entered("Succeed", "Done", 0), status="SUCCEEDED", end=1).failed_state is None


def test_the_definition_says_where_every_job_gets_its_name() -> None:
    run = yaml.safe_load((REPOSITORY / "infra" / "workflow.asl.yaml").read_text(encoding="utf-8"))
    stages = ("prepare", "fm", "extract", "refit", "refit_extract", "knn", "transform", "outcome")
    plan = {"plan": {stage: {"base": f"{stage}-1"} for stage in stages}}
    for definition, number in ((run, 7), (run["AfterPublishing"], 1)):
        workflow = Workflow.of(json.dumps(definition))
        jobs = {name for name, state in definition["States"].items() if ".sync" in state.get("Resource", "")}
        assert set(workflow.jobs) == jobs
        assert len(jobs) == number
        for state in states_of(entered("Task", name, 0, plan) for name in jobs):
            (kind,) = re.findall(r":create(\w+)Job\.sync", definition["States"][state.name]["Resource"])
            stage = re.findall(r"\$\.plan\.(\w+)\.base", json.dumps(definition["States"][state.name]))[0]
            assert workflow.job(state) == Job(kind, f"{stage}-1")


def test_a_run_that_has_published_names_what_comes_after_it() -> None:
    given = {"plan": {"run_id": "r-1"}}
    start = [entered("Task", START_AFTER_PUBLISHING, 1, given), exited("Task", START_AFTER_PUBLISHING, 2)]
    reported = [entered("Task", NOT_STARTED, 2, given), exited("Task", NOT_STARTED, 3)]
    planned = entered("Task", "Plan", 0)
    assert execution(planned, *start, status="SUCCEEDED", end=3).starts_another == "r-1"
    assert execution(planned, *start, *reported, status="SUCCEEDED", end=3).starts_another is None
    assert execution(planned, status="SUCCEEDED", end=3).starts_another is None
    assert execution(planned, start[0], status="ABORTED", end=3).starts_another is None


def test_the_seconds_of_what_comes_after_are_added() -> None:
    run = execution(entered("Task", "Look", 0), exited("Task", "Look", 2), status="SUCCEEDED", end=2)
    after = execution(
        entered("Task", "Look", 2),
        exited("Task", "Look", 3),
        entered("Task", "Draw", 3),
        exited("Task", "Draw", 7),
        status="SUCCEEDED",
        end=7,
    )
    assert replace(run, after=after).seconds() == {"Look": 3.0, "Draw": 4.0}


def test_states_without_work_of_their_own_are_not_waited_for() -> None:
    workflow = Workflow.of(
        json.dumps(
            {"States": {"A": {"Type": "Task"}, "B": {"Type": "Choice"}, "C": {"Type": "Map"}, "D": {"Type": "Fail"}}}
        )
    )
    assert workflow.work_after([]) == ["A", "C"]


def test_what_a_run_has_passed_by_comes_no_more() -> None:
    skipped = {"A": {"Type": "Choice"}, "B": {"Type": "Task"}, "C": {"Type": "Task"}, "D": {"Type": "Task"}}
    workflow = Workflow.of(json.dumps({"States": skipped}))
    assert workflow.work_after(["A"]) == ["B", "C", "D"]
    assert workflow.work_after(["A", "C"]) == ["D"]
