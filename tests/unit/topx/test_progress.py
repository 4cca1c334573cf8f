"""What someone who follows an execution sees."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.topx.test_execution import entered, exited
from topx import progress_display
from topx.execution import Snapshot, Workflow
from topx.job_logs import FolderLogs
from topx.progress import Progress, Row, follow
from topx.terminal import Terminal
from workflow.failed_job_stages import AGAIN, LOOK, WAIT
from workflow.stages import NOT_STARTED, START_AFTER_PUBLISHING
from workflow.state_timings import StateRun

START = datetime(2026, 11, 23, 3, tzinfo=UTC)
DEFINITION = json.dumps(
    {
        "States": {
            "Plan": {"Type": "Task"},
            "Train": {
                "Type": "Task",
                "Parameters": {"TrainingJobName.$": "States.Format('{}-{}', $.plan.fm.base, States.UUID())"},
            },
            "Good?": {"Type": "Choice"},
            "Load": {"Type": "Map"},
        }
    }
)
GIVEN = {"plan": {"fm": {"base": "fm-1"}}, "training": {"hyperparameters": {"epochs": "3"}}}


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def look(
    *states: StateRun, status: str = "RUNNING", end: float | None = None, children: tuple[int, int] | None = None
) -> Snapshot:
    return Snapshot("arn", status, START, at(end) if end is not None else None, states, {}, children=children)


def test_rows_say_what_is_done_running_and_to_come(tmp_path: Path) -> None:
    (tmp_path / "fm-1-x").mkdir()
    (tmp_path / "fm-1-x" / "log.txt").write_text("#quality_metric: host=algo-1, epoch=0, train rmse <loss>=0.5\n")
    progress = Progress(Workflow.of(DEFINITION), FolderLogs(tmp_path))
    running = look(StateRun("Plan", "Task", {}, at(0), at(1)), StateRun("Train", "Task", GIVEN, at(1)))
    assert progress.rows(running, at(4)) == [
        Row("Plan", "done", 1.0),
        Row("Train", "running", 3.0, "epoch 1 of 3, loss 0.5000"),
        Row("Load", "waiting"),
    ]


def test_a_map_says_how_many_parts_are_done(tmp_path: Path) -> None:
    progress = Progress(Workflow.of(DEFINITION), FolderLogs(tmp_path))
    running = look(StateRun("Load", "Map", {}, at(0)), children=(2, 5))
    assert progress.rows(running, at(200))[0] == Row("Load", "running", 200.0, "2 of 5 parts, about 5 min left")


@pytest.mark.parametrize(
    ("log", "detail"),
    [
        ("starting\n", ""),
        ("progress: reading the input, 50 of 200, 10.0 s\n", "reading the input: 25%, about 30 s left"),
        ("progress: reading the input, 200 of 200, 40.0 s\nprogress: checking the rows\n", "checking the rows"),
    ],
)
def test_a_processing_job_says_how_far_it_is_while_it_runs(tmp_path: Path, log: str, detail: str) -> None:
    (tmp_path / "pr-1-x").mkdir()
    (tmp_path / "pr-1-x" / "log.txt").write_text(log)
    name = {"ProcessingJobName.$": "States.Format('{}-{}', $.plan.prepare.base, States.UUID())"}
    definition = json.dumps({"States": {"Prepare": {"Type": "Task", "Parameters": name}}})
    progress = Progress(Workflow.of(definition), FolderLogs(tmp_path))
    given = {"plan": {"prepare": {"base": "pr-1"}}}
    running, ended = StateRun("Prepare", "Task", given, at(0)), StateRun("Prepare", "Task", given, at(0), at(50))
    assert progress.rows(look(running), at(40)) == [Row("Prepare", "running", 40.0, detail)]
    assert progress.rows(look(ended), at(60)) == [Row("Prepare", "done", 50.0)]


def test_the_log_of_an_ended_job_is_read_to_its_end_and_then_no_more(tmp_path: Path) -> None:
    log = tmp_path / "fm-1-x" / "log.txt"
    log.parent.mkdir()
    progress = Progress(Workflow.of(DEFINITION), FolderLogs(tmp_path))
    running, ended = StateRun("Train", "Task", GIVEN, at(0)), StateRun("Train", "Task", GIVEN, at(0), at(2))
    for epoch, state in enumerate((running, ended, ended)):
        log.write_text(f"#quality_metric: host=algo-1, epoch={epoch}, train rmse <loss>=0.5\n")
        detail = progress.rows(look(state), at(3))[0].detail
        assert detail == f"epoch {min(epoch, 1) + 1} of 3, loss 0.5000"


def test_how_long_training_takes_is_reported_by_the_time_between_epochs(tmp_path: Path) -> None:
    """Getting an instance takes minutes, and is not part of an epoch."""
    log = tmp_path / "fm-1-x" / "log.txt"
    log.parent.mkdir()
    given = {"plan": {"fm": {"base": "fm-1"}}, "training": {"hyperparameters": {"epochs": "8"}}}
    progress = Progress(Workflow.of(DEFINITION), FolderLogs(tmp_path))
    details = []
    for epoch, second in enumerate((300, 320, 340)):
        log.write_text(f"#quality_metric: host=algo-1, epoch={epoch}, train rmse <loss>=0.5\n")
        running = look(StateRun("Train", "Task", given, at(0)))
        details.append(progress.rows(running, at(second))[0].detail)
    assert details == [
        "epoch 1 of 8, loss 0.5000",
        "epoch 2 of 8, loss 0.5000, about 2 min left",
        "epoch 3 of 8, loss 0.5000, about 2 min left",
    ]


def test_a_failed_execution_shows_its_last_state_as_failed_and_the_rest_as_not_reached(tmp_path: Path) -> None:
    progress = Progress(Workflow.of(DEFINITION), FolderLogs(tmp_path))
    rows = progress.rows(look(StateRun("Plan", "Task", {}, at(0)), status="FAILED", end=2), at(9))
    assert rows == [Row("Plan", "failed", 2.0), Row("Train", "not reached"), Row("Load", "not reached")]


def looks() -> Iterator[tuple[Snapshot, list[Row]]]:
    yield look(), [Row("Plan", "running", 0.5), Row("Train", "waiting")]
    yield look(), [Row("Plan", "done", 1.0), Row("Train", "running", 0.1, "epoch 1 of 2, loss 0.7000")]
    yield look(), [Row("Plan", "done", 1.0), Row("Train", "running", 0.6, "epoch 1 of 2, loss 0.7000")]
    yield (
        look(status="SUCCEEDED", end=3),
        [Row("Plan", "done", 1.0), Row("Train", "done", 2.0, "epoch 2 of 2, loss 0.6000")],
    )


def test_without_a_terminal_each_change_is_one_line() -> None:
    written = io.StringIO()
    last = progress_display.show(Terminal(file=written, width=40), looks())
    assert last.status == "SUCCEEDED"
    assert written.getvalue().splitlines() == [
        "done         1.0 s  Plan",
        "running      0.1 s  Train  epoch 1 of 2, loss 0.7000",
        "done         2.0 s  Train  epoch 2 of 2, loss 0.6000",
    ]


def test_without_a_terminal_a_running_state_is_a_line_now_and_then() -> None:
    written = io.StringIO()
    seconds = [0.5 * number for number in range(50)]
    progress_display.show(
        Terminal(file=written, width=100),
        ((look(), [Row("Prepare", "running", second, f"{second:.1f} done")]) for second in seconds),
    )
    assert [line.split()[1] for line in written.getvalue().splitlines()] == ["0.0", "10.0", "20.0"]


def test_on_a_terminal_the_states_stay_in_place() -> None:
    written = io.StringIO()
    console = Terminal(file=written, width=100, force_terminal=True, color_system=None)
    assert progress_display.show(console, looks()).status == "SUCCEEDED"
    final = written.getvalue().split("\x1b[2K")[-1]
    assert "Train" in final
    assert "epoch 2 of 2, loss 0.6000" in written.getvalue()


class LateStates:
    """A Step Functions client that does not know the execution it started yet, for the first calls."""

    def __init__(self, unknown: int) -> None:
        self.unknown = unknown

    def _ask(self, answer: dict[str, Any]) -> dict[str, Any]:
        self.unknown -= 1
        if self.unknown >= 0:
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist", "Message": "arn"}}, "DescribeExecution")
        return answer

    def describe_state_machine_for_execution(self, executionArn: str) -> dict[str, Any]:
        return self._ask({"definition": DEFINITION})

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        return self._ask({"status": "SUCCEEDED", "startDate": START, "stopDate": at(1)})

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: [{"events": []}])


def looks_at(states: LateStates, waited: list[float]) -> list[tuple[Snapshot, list[Row]]]:
    deployment: Any = SimpleNamespace(states=states, logs=FolderLogs(Path()), seconds_between_looks=1.0)
    return list(follow(deployment, "arn", wait=waited.append))


def test_a_new_execution_need_not_be_known_at_once() -> None:
    waited: list[float] = []
    ((execution, _),) = looks_at(LateStates(3), waited)
    assert execution.status == "SUCCEEDED"
    assert waited == [0.2, 0.5, 1.0]


def test_an_execution_that_never_becomes_known_is_an_error() -> None:
    waited: list[float] = []
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        looks_at(LateStates(99), waited)
    assert sum(waited) < 10


class TwoMachines:
    """Step Functions with a published run, and the execution it has started, which is over at the second poll."""

    def __init__(self, end: str) -> None:
        self.end, self.looked = end, 0

    def describe_state_machine_for_execution(self, executionArn: str) -> dict[str, Any]:
        names = ("Write", "Draw") if ":after:" in executionArn else ("Plan", START_AFTER_PUBLISHING, NOT_STARTED)
        return {"definition": json.dumps({"States": {name: {"Type": "Task"} for name in names}})}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        ended = {"startDate": START, "stopDate": at(9)}
        if ":after:" not in executionArn:
            return {**ended, "status": "SUCCEEDED"}
        assert executionArn == "arn:aws:states:x:1:execution:after:r-1"
        self.looked += 1
        return {"status": "RUNNING", "startDate": START} if self.looked == 1 else {**ended, "status": self.end}

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, executionArn: str, **_: Any) -> list[dict[str, Any]]:
        given = {"plan": {"run_id": "r-1"}}
        started = [entered("Task", START_AFTER_PUBLISHING, 1, given), exited("Task", START_AFTER_PUBLISHING, 2)]
        of_the_run = [entered("Task", "Plan", 0), exited("Task", "Plan", 1), *started]
        events = [entered("Task", "Write", 3, given)] if ":after:" in executionArn else of_the_run
        return [{"events": [{**event, "id": number} for number, event in enumerate(events, 1)][::-1]}]


@pytest.mark.parametrize(("end", "shown"), [("FAILED", "failed"), ("SUCCEEDED", "done")])
def test_what_a_run_has_started_is_followed_behind_it(end: str, shown: str) -> None:
    deployment: Any = SimpleNamespace(
        states=TwoMachines(end),
        logs=FolderLogs(Path()),
        seconds_between_looks=1.0,
        after_publishing="arn:aws:states:x:1:stateMachine:after",
    )
    looks = list(follow(deployment, "arn:aws:states:x:1:execution:run:n", wait=lambda _: None))
    assert [(run.status, run.after and run.after.status) for run, _ in looks] == [
        ("SUCCEEDED", None),
        ("SUCCEEDED", "RUNNING"),
        ("SUCCEEDED", end),
    ]
    of_the_run = [("Plan", "done"), (START_AFTER_PUBLISHING, "done")]
    seen = [[(row.state, row.status) for row in rows] for _, rows in looks]
    assert seen[0] == of_the_run  # reporting that something did not start is no work to come
    assert seen[1] == [*of_the_run, ("Write", "running"), ("Draw", "waiting")]
    assert seen[2] == [*of_the_run, ("Write", shown), ("Draw", "not reached")]


def given_up(**failed: object) -> dict[str, object]:
    return {**GIVEN, "failed": failed}


NO_INSTANCE = {"Error": "States.TaskFailed", "Cause": json.dumps({"FailureReason": "CapacityError: none"})}


def test_a_job_that_is_tried_again_is_one_row_that_says_why(tmp_path: Path) -> None:
    """The state that decides about it has no row, and later states are still to come."""
    progress = Progress(Workflow.of(with_detour()), FolderLogs(tmp_path))
    train = StateRun("Train", "Task", GIVEN, at(0), at(2))
    look_at = StateRun(LOOK, "Task", given_up(fm=NO_INSTANCE), at(2), at(3))
    wait = StateRun(WAIT, "Wait", given_up(job="fm", seconds=300), at(3))
    assert progress.rows(look(train, look_at, wait), at(4)) == [
        Row("Train", "running", 2.0, "will be retried: CapacityError: none"),
        Row("Load", "waiting"),
    ]
    again = (StateRun(WAIT, "Wait", wait.given, at(3), at(9)), StateRun(AGAIN, "Choice", wait.given, at(9), at(9)))
    rows = progress.rows(look(train, look_at, *again, StateRun("Train", "Task", GIVEN, at(9))), at(10))
    assert rows[:2] == [Row("Train", "failed", 2.0, "CapacityError: none"), Row("Train", "running", 1.0)]


def test_a_job_that_was_given_up_has_failed_itself(tmp_path: Path) -> None:
    execution = look(
        StateRun("Train", "Task", GIVEN, at(0), at(2)),
        StateRun(LOOK, "Task", given_up(fm=NO_INSTANCE), at(2)),
        status="FAILED",
        end=3,
    )
    workflow = Workflow.of(with_detour())
    assert execution.failed_state == execution.states[0]
    assert workflow.job(execution.states[0]) is not None
    assert Progress(workflow, FolderLogs(tmp_path)).rows(execution, at(9)) == [
        Row("Train", "failed", 2.0, "CapacityError: none"),
        Row("Load", "not reached"),
    ]


def with_detour() -> str:
    """The definition with the handling of a failed job after everything else."""
    definition = json.loads(DEFINITION)
    definition["States"] |= {LOOK: {"Type": "Task"}, WAIT: {"Type": "Wait"}, AGAIN: {"Type": "Choice"}}
    return json.dumps(definition)
