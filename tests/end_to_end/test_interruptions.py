"""Runs that are throttled, overlap, are stopped and taken up again: one story, told in order.

Four runs of the smallest board. Older and newer overlap twice: A is overtaken by B, and C is stopped, taken up again
and then overtaken by D. Every SageMaker call of every run is throttled once.
"""

import copy
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.run_layout import job_base, run_id_of
from tests.end_to_end.conftest import SMALL, Checkerboard, Tool, write_data
from topx.execution import StateRun, states_of
from topx.local import engine, engine_process
from topx.local.deployment import connection

BOARD = Checkerboard()
REQUEST = {**SMALL, "epochs": 2, "gate": "off"}
SAGEMAKER = {
    "Prepare training data": "pr",
    "Train factorization machines": "fm",
    "Extract vectors": "ex",
    "Train k-NN": "nn",
    "Create k-NN model": "nn",
    "Find neighbours": "tr",
    "Delete k-NN model": "nn",
}
JOBS = {name: stage for name, stage in SAGEMAKER.items() if "model" not in name}
PATIENCE = 240.0


@dataclass(frozen=True)
class Running:
    """An execution of the deployed definition, or of a part of it."""

    states: Any
    arn: str

    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = self.states.describe_execution(executionArn=self.arn)
        return found

    @property
    def run_id(self) -> str:
        return run_id_of(self.arn, self.described()["startDate"].isoformat())

    def events(self) -> list[dict[str, Any]]:
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def visited(self) -> dict[str, StateRun]:
        return {state.name: state for state in states_of(self.events())}

    def ended(self) -> dict[str, Any]:
        await_(lambda: self.described()["status"] != "RUNNING")
        return self.described()

    def reaches(self, name: str) -> StateRun:
        await_(lambda: name in self.visited() or self.described()["status"] != "RUNNING")
        return self.visited()[name]

    def stop(self) -> None:
        self.states.stop_execution(executionArn=self.arn, error="Operator", cause="enough")


class World:
    """The deployed stack, and its definition to be begun or held elsewhere."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.states = tool.deployment.states
        self.machine = tool.deployment.state_machine
        described = self.states.describe_state_machine(stateMachineArn=self.machine)
        self.role, self.definition = described["roleArn"], json.loads(described["definition"])
        running = engine.status()
        assert running is not None
        self.sagemaker = connection(running.endpoint, running.region, running.account).client("sagemaker")

    def start(self, given: Mapping[str, Any], machine: str | None = None) -> Running:
        started = self.states.start_execution(stateMachineArn=machine or self.machine, input=json.dumps(given))
        return Running(self.states, started["executionArn"])

    def held(self, before: str) -> str:
        """The machine, with a long wait before one state."""
        changed = copy.deepcopy(self.definition)
        for state in changed["States"].values():
            if state.get("Next") == before:
                state["Next"] = "Hold"
        changed["States"]["Hold"] = {"Type": "Wait", "Seconds": 1_000_000, "Next": before}
        return self._create(changed)

    def taken_up(self, state: StateRun) -> Running:
        """What a redrive does: the same definition from the state that was not left, with the state's own input."""
        begun_elsewhere = {**self.definition, "StartAt": state.name}
        return self.start(state.given, self._create(begun_elsewhere))

    def _create(self, definition: Mapping[str, Any]) -> str:
        made = self.states.create_state_machine(
            name=f"part-{time.time_ns()}", definition=json.dumps(definition), roleArn=self.role
        )
        return str(made["stateMachineArn"])

    def models_of(self, run_id: str) -> list[str]:
        models = self.sagemaker.list_models(NameContains=job_base("nn", run_id))["Models"]
        return [model["ModelName"] for model in models]

    def jobs_of(self, run_id: str, stage: str) -> dict[str, dict[str, Any]]:
        """The Describe documents of a stage's jobs, by name."""
        folders = (self.tool.home / "jobs").glob(f"{job_base(stage, run_id)}-*")
        return {folder.name: json.loads((folder / "job.json").read_text()) for folder in folders}

    def processes(self) -> list[int]:
        """The jobs' processes that are alive now."""
        records = [path.read_text() for path in (self.tool.home / "engine" / "children").iterdir()]
        return [int(record) for record in records if record and Path(f"/proc/{record}").exists()]

    def lengths(self, run_id: str) -> Counter[int]:
        """How many lists of which length a version has."""
        lengths: Counter[int] = Counter()
        request: dict[str, Any] = {}
        while True:
            page = self.tool.deployment.table.scan(**request)
            of_users = (item for item in page["Items"] if item["pk"].startswith("user#") and item["version"] == run_id)
            lengths.update(len(item["items"]) for item in of_users)
            if "LastEvaluatedKey" not in page:
                return lengths
            request = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def served(self) -> str:
        pointer = self.tool.published().pointer
        return str(pointer["current"]) if pointer else ""


def await_(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.03)
    return found


@pytest.fixture(scope="module")
def world(topx: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The session's engine, begun anew: it throttles, and waits a hundredth of what it is told to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(engine_process.THROTTLED_ATTEMPTS, "1")
        patch.setenv("SFN_WAIT_SCALE", "0.01")
        engine.stop()
        folder = write_data(tmp_path_factory.mktemp("board") / "data", BOARD.rows())
        planned = topx.run("--data", folder, **REQUEST, dry_run=True)
        assert planned.record["status"] == "planned", planned.out
        yield World(topx)
        engine.stop()


@dataclass(frozen=True)
class Overlap:
    older: Running
    newer: Running


@pytest.fixture(scope="module")
def overtaken(world: World) -> Overlap:
    """A has loaded its lists and is stopped before it publishes; B, which began later, has published meanwhile."""
    older = world.start({**REQUEST, "top_x": 6}, world.held("Publish version"))
    older.reaches("Plan the run")
    newer = world.start({**REQUEST, "top_x": 5})
    assert newer.ended()["status"] == "SUCCEEDED", newer.described()
    older.reaches("Hold")
    older.stop()
    assert older.run_id < newer.run_id
    return Overlap(older, newer)


def test_a_throttled_call_succeeds_under_a_new_name(overtaken: Overlap, world: World) -> None:
    throttled, state = Counter[str](), ""
    for event in overtaken.newer.events():
        state = event.get("stateEnteredEventDetails", {}).get("name", state)
        if event["type"] == "TaskFailed":
            assert "ThrottlingException" in event["taskFailedEventDetails"]["cause"]
            throttled[state] += 1
    assert throttled == Counter(dict.fromkeys(SAGEMAKER, 1))
    for stage in ("pr", "fm", "ex", "nn", "tr"):
        (job,) = world.jobs_of(overtaken.newer.run_id, stage).values()
        assert "Completed" in job.values()


def test_runs_that_overlap_do_not_mix(overtaken: Overlap, world: World) -> None:
    assert world.lengths(overtaken.older.run_id) == {6: BOARD.users}
    assert world.lengths(overtaken.newer.run_id) == {5: BOARD.users}
    assert world.served() == overtaken.newer.run_id


def test_an_older_run_cannot_take_the_pointer_from_a_newer(overtaken: Overlap, world: World) -> None:
    before = world.tool.published()
    hold = overtaken.older.visited()["Hold"]
    ended = world.taken_up(StateRun("Publish version", "Task", hold.given, hold.entered)).ended()
    assert ended["status"] == "FAILED"
    said = f"PublishRefused: version {overtaken.newer.run_id} is published already and newer than"
    assert f"{said} {overtaken.older.run_id}" in ended["cause"]
    assert world.tool.published() == before


@pytest.mark.parametrize("name", JOBS)
def test_stopping_an_execution_ends_the_jobs_processes_and_publishes_nothing(
    name: str, overtaken: Overlap, world: World
) -> None:
    before = world.tool.published()
    run_id, stage = overtaken.older.run_id, JOBS[name]
    known = world.jobs_of(run_id, stage)
    running = world.taken_up(overtaken.older.visited()[name])
    found = await_(world.processes)
    running.stop()
    await_(lambda: not any(Path(f"/proc/{pid}").exists() for pid in found))
    (job,) = await_(lambda: [one for job, one in world.jobs_of(run_id, stage).items() if job not in known])
    await_(lambda: "InProgress" not in str(world.jobs_of(run_id, stage)))
    (job,) = (one for job, one in world.jobs_of(run_id, stage).items() if job not in known)
    assert "Stopped" in job.values()
    assert running.described()["status"] == "ABORTED"
    assert world.tool.published() == before


@pytest.fixture(scope="module")
def taken_up(overtaken: Overlap, world: World) -> Overlap:
    """C is stopped while it finds neighbours and taken up there; D, which began later, waits to publish meanwhile."""
    older = world.start({**REQUEST, "top_x": 4})
    older.reaches("Plan the run")
    newer = world.start({**REQUEST, "top_x": 3}, world.held("Publish version"))
    older.reaches("Find neighbours")
    await_(lambda: world.jobs_of(older.run_id, "tr"))
    older.stop()
    newer.reaches("Hold")
    return Overlap(older, newer)


def test_the_next_run_sweeps_the_model_of_a_stopped_one_but_not_of_one_that_goes_on(
    taken_up: Overlap, overtaken: Overlap, world: World
) -> None:
    """A was over when C and D were planned, and they were not."""
    assert "Create k-NN model" in overtaken.older.visited()
    assert world.models_of(overtaken.older.run_id) == []
    assert len(world.models_of(taken_up.older.run_id)) == len(world.models_of(taken_up.newer.run_id)) == 1


def test_a_redriven_run_finds_no_used_name_and_keeps_its_run_id(taken_up: Overlap, world: World) -> None:
    run_id = taken_up.older.run_id
    ended = world.taken_up(taken_up.older.visited()["Find neighbours"]).ended()
    assert ended["status"] == "SUCCEEDED", ended
    assert world.served() == run_id
    assert world.lengths(run_id) == {4: BOARD.users}
    statuses = [job["TransformJobStatus"] for job in world.jobs_of(run_id, "tr").values()]
    assert sorted(statuses) == ["Completed", "Stopped"]
    assert world.models_of(run_id) == []


def test_the_newer_run_wins_also_when_it_ends_last(taken_up: Overlap, world: World) -> None:
    hold = taken_up.newer.visited()["Hold"]
    ended = world.taken_up(StateRun("Publish version", "Task", hold.given, hold.entered)).ended()
    assert ended["status"] == "SUCCEEDED", ended
    assert world.served() == taken_up.newer.run_id
    assert world.lengths(taken_up.newer.run_id) == {3: BOARD.users}


def test_an_operator_goes_back_and_it_is_recorded(taken_up: Overlap, overtaken: Overlap, world: World) -> None:
    rollback, newest = world.tool, taken_up.newer.run_id
    ran = rollback("rollback", "--by", "ada")
    assert (ran.code, world.served()) == (0, taken_up.older.run_id), ran.err
    assert f"Readers get version {taken_up.older.run_id} again, instead of {newest}. Recorded as ada's wish." in ran.out
    line = next(line for line in rollback("runs").out.splitlines() if overtaken.newer.run_id in line)
    assert "served" not in line
    assert rollback("rollback", overtaken.newer.run_id).code == 0
    line = next(line for line in rollback("runs").out.splitlines() if overtaken.newer.run_id in line)
    assert "published, served" in line
    moves = world.tool.deployment.table.query(
        KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": "meta#move"}
    )["Items"]
    *_, last_but_one, last = moves
    assert (last_but_one["by"], last_but_one["from"], last_but_one["to"]) == ("ada", newest, taken_up.older.run_id)
    assert (last["from"], last["to"]) == (taken_up.older.run_id, overtaken.newer.run_id)
    assert "@" in last["by"]
    assert "is served already" in rollback("rollback", overtaken.newer.run_id).out


def test_a_version_that_cannot_be_served_is_refused(taken_up: Overlap, overtaken: Overlap, world: World) -> None:
    before = world.tool.published()
    refused = {version: world.tool("rollback", version) for version in ("nonsense", overtaken.older.run_id)}
    assert [ran.code for ran in refused.values()] == [1, 1]
    assert "PublishRefused: version nonsense is unknown; readers can be given one of: " in refused["nonsense"].err
    # C's retirement has found that A loaded lists and never published them.
    assert f"{overtaken.older.run_id} is retire" in refused[overtaken.older.run_id].err
    assert world.tool.published() == before


def test_a_killed_engine_goes_on_serving_what_was_served(world: World) -> None:
    # In the whole story, that is what somebody has rolled back to just now.
    before = world.tool.published()
    killed = world.start(REQUEST)
    killed.reaches("Prepare training data")
    await_(world.processes)
    running = engine.status()
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    await_(lambda: engine.status() is None)

    assert engine.ensure_running().endpoint == running.endpoint
    assert world.tool.published() == before
    assert killed.described()["status"] == "FAILED"
    assert world.processes() == []
    assert list((world.tool.home / "jobs").glob("*/ml")) == []
