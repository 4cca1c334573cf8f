"""Runs that are throttled, overlap, are stopped and resumed. The tests run in order.

Four runs on the smallest board. Older and newer ones overlap twice: A is overtaken by B, and C is stopped, resumed and
then overtaken by D. Every SageMaker call of every run is throttled once, and the first job and the first job that
renders a page find no instance.
"""

import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from contract.run_layout import RunLayout
from local_aws.door import HOOK
from tests import engine_hook
from tests.end_to_end.conftest import DATASET, SMALL, Checkerboard, Tool, new_home, write_data
from tests.end_to_end.interrupted_runs import Running, World, await_
from tests.end_to_end.recorded_access import without_need
from tests.engine_hook.shortage import NO_CAPACITY
from tests.infrastructure.documented_permissions import DOCUMENTED, ELSEWHERE
from topx import embedded_aws
from workflow.failed_job_stages import LOOK
from workflow.state_timings import StateRun

BOARD = Checkerboard()
REQUEST = {**SMALL, "epochs": 2, "gate": "off", "force": True}
SAGEMAKER = {
    "Prepare training data": "pr",
    "Train factorization machines": "fm",
    "Extract vectors": "ex",
    "Train on everything": "rf",
    "Extract to publish": "rx",
    "Train k-NN": "nn",
    "Create k-NN model": "nn",
    "Find neighbours": "tr",
    "Delete k-NN model": "nn",
    "Draw outcome page": "oc",
}
# Those of a run that is stopped before it publishes.
JOBS = {name: stage for name, stage in SAGEMAKER.items() if "model" not in name and name != "Draw outcome page"}
SIDES = {"items": {"id": "id", "title": "title"}, "users": {"id": "id", "features": {"colour": "category"}}}


@pytest.fixture(scope="module")
def topx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """A separate home: no other module's runs are among those that are stopped, paused and resumed."""
    with new_home(tmp_path_factory.mktemp("interruptions-home")) as tool:
        yield tool


@pytest.fixture(scope="module")
def world(topx: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The session's engine, restarted: it throttles, and shortens waits to a hundredth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOOK, engine_hook.NAME)
        patch.setenv(engine_hook.THROTTLED_ATTEMPTS, "1")
        patch.setenv(engine_hook.SHORTAGE, "pr:1,oc:1")
        patch.setenv("SFN_WAIT_SCALE", "0.01")
        embedded_aws.stop()
        patch.setenv(engine_hook.ACCESS_RECORD, str(topx.home / "access.jsonl"))
        folder = write_data(tmp_path_factory.mktemp("board") / "data", BOARD.rows(), {**DATASET, **SIDES})
        for side, text in (("items", "id,title\ni1,The first\n"), ("users", "id,colour\nu1,black\nu2,white\n")):
            (Path(folder) / side).mkdir()
            (Path(folder) / side / "a.csv").write_text(text, encoding="utf-8")
        planned = topx.run("--data", folder, **REQUEST, dry_run=True)
        assert planned.record["status"] == "planned", planned.out
        forgotten = topx("forget", "somebody who is not there")  # so that every run is planned with a suppression list
        assert forgotten.code == 0, forgotten.err
        world = World(topx)
        # Before anything is published, the age is the table's.
        assert 0 <= world.age()["DaysSincePublished"] < 0.01
        with world.roles.allowed_also_on({name: f"{part}*" for name, part in world.stand_ins.items()}):
            yield world
        embedded_aws.stop()


@dataclass(frozen=True)
class Overlap:
    older: Running
    newer: Running


@pytest.fixture(scope="module")
def overtaken(world: World) -> Overlap:
    """A has loaded its lists and is stopped before it publishes; B, which started later, has published meanwhile.

    B may not delete its model.
    """
    older = world.start({**REQUEST, "refit": True, "top_x": 6}, world.held("Publish version"))
    older.reaches("Plan the run")
    with world.deleting_the_model_of_others():
        newer = world.start({**REQUEST, "refit": True, "top_x": 5})
        assert newer.ended()["status"] == "SUCCEEDED", newer.described()
        world.retired_old_versions(newer.run_id)
    older.reaches("Hold")
    older.stop()
    assert older.run_id < newer.run_id
    return Overlap(older, newer)


def test_a_throttled_call_succeeds_under_a_new_name(overtaken: Overlap, world: World) -> None:
    throttled, state = Counter[str](), ""
    for event in [*overtaken.newer.events(), *world.after(overtaken.newer.run_id).events()]:
        state = event.get("stateEnteredEventDetails", {}).get("name", state)
        if event["type"] == "TaskFailed":
            cause = event["taskFailedEventDetails"]["cause"]
            throttled[state] += "ThrottlingException" in cause
            assert "ThrottlingException" in cause or NO_CAPACITY in cause or state == "Delete k-NN model", cause
    # B may not delete its model, which is logged before anything is throttled.
    assert +throttled == Counter(dict.fromkeys(SAGEMAKER.keys() - {"Delete k-NN model"}, 1))
    for stage in sorted({*JOBS.values(), "oc"}):
        jobs = world.jobs_of(overtaken.newer.run_id, stage).values()
        (job,) = (job for job in jobs if job.get("FailureReason") != NO_CAPACITY)
        assert "Completed" in job.values()


def test_a_lack_of_an_instance_is_waited_for(overtaken: Overlap, world: World) -> None:
    lacking = []
    for run in (overtaken.older, overtaken.newer):
        jobs = world.jobs_of(run.run_id, "pr").values()
        reasons = [job["FailureReason"] for job in jobs if job["ProcessingJobStatus"] == "Failed"]
        assert (LOOK in run.visited()) == bool(reasons)
        lacking += reasons
    assert lacking == [NO_CAPACITY]
    drawn = world.jobs_of(overtaken.newer.run_id, "oc").values()
    assert sorted(job["ProcessingJobStatus"] for job in drawn) == ["Completed", "Failed"]
    assert LOOK in world.after(overtaken.newer.run_id).visited()


def test_a_model_that_stays_is_warned_of(overtaken: Overlap, world: World) -> None:
    assert len(world.models_of(overtaken.newer.run_id)) == 1
    assert any("could not be deleted" in warning for warning in warnings_of(world, overtaken.newer))


def test_runs_that_overlap_do_not_mix(overtaken: Overlap, world: World) -> None:
    assert world.lengths(overtaken.older.run_id) == {6: BOARD.users}
    assert world.lengths(overtaken.newer.run_id) == {5: BOARD.users}
    assert world.current_version() == overtaken.newer.run_id


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
    """C is stopped in "Find neighbours" and resumed there; D, which started later, waits before publishing
    meanwhile.
    """
    older = world.start({**REQUEST, "top_x": 4})
    older.reaches("Plan the run")
    newer = world.start({**REQUEST, "top_x": 3}, world.held("Publish version"))
    older.reaches("Find neighbours")
    await_(lambda: world.jobs_of(older.run_id, "tr"))
    older.stop()
    newer.reaches("Hold")
    return Overlap(older, newer)


def test_the_next_run_deletes_the_model_of_a_stopped_one_but_not_of_a_running_one(
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
    assert world.current_version() == run_id
    assert world.lengths(run_id) == {4: BOARD.users}
    statuses = [job["TransformJobStatus"] for job in world.jobs_of(run_id, "tr").values()]
    assert sorted(statuses) == ["Completed", "Stopped"]
    world.retired_old_versions(run_id)
    assert world.models_of(run_id) == []


def test_the_newer_run_wins_also_when_it_ends_last(taken_up: Overlap, world: World) -> None:
    hold = taken_up.newer.visited()["Hold"]
    ended = world.taken_up(StateRun("Publish version", "Task", hold.given, hold.entered)).ended()
    assert ended["status"] == "SUCCEEDED", ended
    assert world.current_version() == taken_up.newer.run_id
    assert world.lengths(taken_up.newer.run_id) == {3: BOARD.users}
    world.retired_old_versions(taken_up.newer.run_id)


def test_a_run_that_has_published_is_begun_no_second_time_by_what_it_starts(taken_up: Overlap, world: World) -> None:
    """For example if it is redriven there, or its start is answered twice."""
    after = world.after(taken_up.newer.run_id)
    before = after.events()
    ended = world.taken_up(world.start_of_rest(taken_up.newer.run_id)).ended()
    assert (ended["status"], after.events()) == ("SUCCEEDED", before)


def test_a_served_run_is_green_though_nothing_tidies_up_after_it(taken_up: Overlap, world: World) -> None:
    running = world.starting_nothing(world.start_of_rest(taken_up.newer.run_id))
    assert running.ended()["status"] == "SUCCEEDED"
    assert "Notify about failed start" in running.visited()


def test_a_version_stays_current_if_the_execution_after_publishing_is_stopped(taken_up: Overlap, world: World) -> None:
    run_id = taken_up.newer.run_id
    before = world.tool.published()
    drawing = world.rest_taken_up(world.after(run_id).visited()["Draw outcome page"])
    found = await_(world.processes)
    drawing.stop()
    await_(lambda: not any(Path(f"/proc/{pid}").exists() for pid in found))
    await_(lambda: "Stopped" in str(world.jobs_of(run_id, "oc")))
    assert world.tool.published() == before


def test_the_age_of_the_current_version_is_measured(taken_up: Overlap, world: World) -> None:
    assert 0 <= world.age()["DaysSincePublished"] < 0.01


def test_an_operator_goes_back_and_it_is_recorded(taken_up: Overlap, overtaken: Overlap, world: World) -> None:
    rollback, newest = world.tool, taken_up.newer.run_id
    ran = rollback("rollback", "--by", "ada")
    assert (ran.code, world.current_version()) == (0, taken_up.older.run_id), ran.err
    assert (
        f"Readers get version {taken_up.older.run_id} again, instead of {newest}. Recorded as requested by ada."
        in ran.out
    )
    line = next(line for line in rollback("runs").out.splitlines() if overtaken.newer.run_id in line)
    assert "current" not in line
    assert rollback("rollback", overtaken.newer.run_id).code == 0
    line = next(line for line in rollback("runs").out.splitlines() if overtaken.newer.run_id in line)
    assert "published, current" in line
    moves = world.tool.deployment.table.query(
        KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": "meta#move"}
    )["Items"]
    *_, last_but_one, last = moves
    assert (last_but_one["by"], last_but_one["from"], last_but_one["to"]) == ("ada", newest, taken_up.older.run_id)
    assert (last["from"], last["to"]) == (taken_up.older.run_id, overtaken.newer.run_id)
    assert "@" in last["by"]
    assert "is already the current one" in rollback("rollback", overtaken.newer.run_id).out


def test_a_version_that_cannot_be_served_is_refused(taken_up: Overlap, overtaken: Overlap, world: World) -> None:
    before = world.tool.published()
    refused = {version: world.tool("rollback", version) for version in ("nonsense", overtaken.older.run_id)}
    assert [ran.code for ran in refused.values()] == [1, 1]
    assert "PublishRefused: version nonsense is unknown; these can become current: " in refused["nonsense"].err
    # C's retirement has found that A loaded lists and never published them.
    assert f"{overtaken.older.run_id} is retire" in refused[overtaken.older.run_id].err
    assert world.tool.published() == before


def test_a_killed_engine_goes_on_serving_what_was_served(world: World) -> None:
    # Among all versions here, that is the one just rolled back to.
    before = world.tool.published()
    killed = world.start(REQUEST)
    killed.reaches("Prepare training data")
    await_(world.processes)
    running = embedded_aws.status()
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    await_(lambda: embedded_aws.status() is None)

    assert embedded_aws.ensure_running().endpoint == running.endpoint
    assert world.tool.published() == before
    assert killed.described()["status"] == "FAILED"
    assert world.processes() == []
    assert list((world.tool.home / "jobs").glob("*/ml")) == []


@pytest.mark.parametrize(
    ("role", "statement", "action"),
    [
        ("FunctionsPlanRunRole", "WritePlanAndModelsChecked", "s3:PutObject"),
        ("WorkflowAccessRole", "CallFunctions", "lambda:InvokeFunction"),
        ("WorkflowAccessRole", "HandRoleToJobs", "iam:PassRole"),
        ("JobsRole", "ReadInputs", "s3:GetObject"),
    ],
)
def test_a_run_without_a_permission_fails_and_names_it(
    role: str, statement: str, action: str, taken_up: Overlap, world: World
) -> None:
    before = world.tool.published()
    with world.roles.without(role, statement):
        run = world.tool.run(**REQUEST)
    assert (run.code, run.record["status"]) == (1, "failed")
    said = " ".join(run.out.split())
    (deployed,) = (name for name, known in world.roles.names.items() if known == role)
    assert re.search(
        rf"assumed-role/{deployed}/\S+ is not authorized to perform: {action} on resource: \S*arn:aws", said
    )
    assert world.tool.published() == before


def notified(world: World, running: Running) -> str:
    """The subject of the notifier's message about an execution that one part of a map has ended."""
    ended = running.ended()
    assert ended["error"] == "States.ExceedToleratedFailureThreshold"
    started = int(ended["startDate"].timestamp() * 1000)
    event = {"detail": {"executionArn": running.arn, "status": "FAILED", "startDate": started}}
    functions = world.place.client("lambda")
    (notifier,) = (
        function["FunctionName"]
        for function in functions.list_functions()["Functions"]
        if function["Handler"] == "lambdas.handlers.notify_failure.handler"
    )
    reported = json.loads(functions.invoke(FunctionName=notifier, Payload=json.dumps(event))["Payload"].read())
    subject: str = reported["subject"]
    return subject


def test_the_notifier_names_the_part_that_failed(taken_up: Overlap, world: World) -> None:
    load = taken_up.newer.visited()["Load recommendations"]
    unknown = {**load.given, "plan": {**load.given["plan"], "run_id": "20261123t030000120-000000"}}
    assert "(Load recommendations)" in notified(world, world.taken_up(replace(load, given=unknown)))


def test_the_message_about_a_part_that_was_not_retired_names_the_current_version(
    taken_up: Overlap, world: World
) -> None:
    run_id, place = taken_up.newer.run_id, world.tool.deployment
    given = world.after(run_id).visited()["Choose versions to retire"].given
    entry = [{"version": taken_up.older.run_id, "part": "part-00000"}]
    place.s3.put_object(Bucket=place.bucket, Key=given["plan"]["retirement"], Body=json.dumps(entry))
    with world.roles.without("FunctionsRetirePartRole", "ReadPart"):
        retire = StateRun("Retire old versions", "Map", given, datetime.now(UTC))
        subject = notified(world, world.rest_taken_up(retire))
    assert subject == f"topx published, AfterPublishing failed: {run_id} (Retire old versions)"


def test_a_version_beyond_those_to_keep_is_retired_unless_it_is_served(
    taken_up: Overlap, overtaken: Overlap, world: World
) -> None:
    newest, place = taken_up.newer.run_id, world.tool.deployment
    key = RunLayout("", newest).plan
    plan = {**json.loads(world.tool.body(key)), "keep_versions": 1}
    place.s3.put_object(Bucket=place.bucket, Key=key, Body=json.dumps(plan))
    # Somebody has deleted files under runs/: the part's users are still known from the published lists.
    place.s3.delete_object(Bucket=place.bucket, Key=RunLayout("", taken_up.older.run_id).part("part-00000"))
    # Of another part, nothing at all is known any more.
    manifest = RunLayout("", taken_up.older.run_id).manifest
    parts = [*json.loads(world.tool.body(manifest)), {"part": "part-00099"}]
    place.s3.put_object(Bucket=place.bucket, Key=manifest, Body=json.dumps(parts))
    choose = world.after(newest).visited()["Choose versions to retire"]
    ended = world.rest_taken_up(choose).ended()
    assert ended["status"] == "SUCCEEDED", ended
    lengths = {run.run_id: sum(world.lengths(run.run_id).values()) for run in (overtaken.newer, taken_up.older)}
    assert lengths == {world.current_version(): BOARD.users, taken_up.older.run_id: 0}
    assert "the users of part-00099 are unknown" in warnings_of(world, taken_up.newer)[-1]
    reported = {line.split()[0]: line.split()[1] for line in world.tool("runs").out.splitlines() if line}
    assert reported[taken_up.older.run_id] == "retired"


def warnings_of(world: World, run: Running) -> list[str]:
    """What the run's outcome warns of."""
    found: list[str] = json.loads(world.tool.body(RunLayout("", run.run_id).outcome))["warnings"]
    return found


def test_a_schedule_starts_what_its_role_may_start_and_keeps_other_starts(taken_up: Overlap, world: World) -> None:
    schedules, sqs = world.place.client("scheduler"), world.place.client("sqs")
    (group,) = (one["Name"] for one in schedules.list_schedule_groups()["ScheduleGroups"] if one["Name"] != "default")
    (deployed,) = schedules.list_schedules(GroupName=group)["Schedules"]
    target = schedules.get_schedule(GroupName=group, Name=deployed["Name"])["Target"]
    mine = {**target, "Input": json.dumps({"dry_run": True, "note": time.time_ns()})}
    another = {**mine, "Arn": target["Arn"] + "-of-somebody-else"}
    for name, aim in (("mine", mine), ("another", another)):
        schedules.create_schedule(
            GroupName=group,
            Name=name,
            ScheduleExpression="at(2026-01-01T00:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=aim,
        )
    queue = sqs.get_queue_url(QueueName=target["DeadLetterConfig"]["Arn"].rpartition(":")[2])["QueueUrl"]
    kept = await_(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), 60)
    assert [message["Body"] for message in kept] == [another["Input"]]
    runs = world.states.list_executions(stateMachineArn=world.machine)["executions"]
    given = [world.states.describe_execution(executionArn=run["executionArn"])["input"] for run in runs[:5]]
    assert mine["Input"] in given
    for name in ("mine", "another"):
        schedules.delete_schedule(GroupName=group, Name=name)


def test_every_permission_of_the_stack_is_needed(taken_up: Overlap, overtaken: Overlap, world: World) -> None:
    """The last of the story: taken away on paper, each action and each resource denies a call that was made in it."""
    permissions = [permission for permission in world.permissions if permission.role != ELSEWHERE]
    parts = {part for permission in permissions for part in permission.parts}
    documented = {
        (role, statement, part)
        for role, statement, part in parts
        for known_role, known_statement, pattern in DOCUMENTED
        if (role, statement) == (known_role, known_statement) and fnmatchcase(part, pattern)
    }
    unneeded = without_need(permissions, world.calls())
    assert sorted(unneeded - documented) == []
    assert sorted(documented - unneeded) == []
