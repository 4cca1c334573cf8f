"""Each error in the data has a defined outcome, and leaves what was published unchanged."""

import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from contract.run_layout import RunLayout
from local_aws.door import ACCOUNT
from sagemaker_contract.recordio import read_dense
from tests.end_to_end.conftest import DATASET, SMALL, Published, Run, Tool
from tests.end_to_end.ruled_board import BOARD, ROWS, band, had_lately, ruled_data
from topx import embedded_aws, local_deployment
from topx.cloud.__main__ import main as cloud
from topx.execution import snapshot
from topx.home import REPOSITORY
from topx.synthesis import Assembly

Data = Callable[..., str]


@pytest.fixture(scope="module", autouse=True)
def scheduled(topx: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The outputs of a second stack, which starts a run every minute: deployed first, checked last."""
    folder, context = (
        tmp_path_factory.mktemp("scheduled") / "cdk.out",
        {
            "stack_name": "every-minute",
            "schedule": "rate(1 minute)",
            "flexible_window_minutes": "0",
        },
    )
    variables = {"CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(folder)}
    subprocess.run([sys.executable, "app.py"], cwd=REPOSITORY, env={**os.environ, **variables}, check=True)
    running = embedded_aws.ensure_running()
    place = local_deployment.connection(running.endpoint, running.region, running.administrator)
    assembly = Assembly(folder, running.account, running.region)
    local_deployment._bootstrap(place, assembly)
    stack = local_deployment._deploy(place.client("cloudformation"), None, assembly, running.endpoint)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    yield {**outputs, "assembly": str(folder)}
    schedules = place.client("scheduler")
    for name in schedules.list_schedules(GroupName=outputs["ScheduleGroupName"])["Schedules"]:
        schedules.delete_schedule(Name=name["Name"], GroupName=outputs["ScheduleGroupName"])


@pytest.fixture(scope="module")
def before(topx: Tool, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A published version, with rules, before anything goes wrong."""
    run = topx.run("--data", ruled_data(tmp_path_factory.mktemp("good") / "data"), **SMALL)
    assert run.record["status"] == "published", run.out
    assert run.record["warnings"] == ["The rule exclude names 1 that the data does not know: 'gone'."]
    assert run.record["warnings"][0] in run.out
    return topx.published()


def test_published_lists_keep_the_rules(topx: Tool, before: Published) -> None:
    assert len(before.lists) == BOARD.users
    repeated = 0
    for user in range(BOARD.users):
        items = before.lists[f"u{user}"][0]
        right = {f"i{item}" for item in range(user % 2, BOARD.items, 2)} - {"i0"} - had_lately(user)
        assert len(items) == len(set(items)) == SMALL["top_x"]
        assert set(items) <= right, f"u{user}"
        assert max(Counter(band(int(item[1:])) for item in items).values()) <= 2
        repeated += len(set(items) & {f"i{item}" for item in BOARD.has(user)})
    assert repeated > BOARD.users, "what was taken longer ago may be recommended again"


def test_the_index_lacks_what_is_excluded_and_the_outcome_counts(topx: Tool, before: Published) -> None:
    assert before.pointer is not None
    layout = RunLayout(topx.deployment.bucket, before.pointer["current"])
    rows = [read_dense(topx.body(key)).labels for key in topx.keys(layout.item_vectors)]
    labels = [int(label) for some in rows if some is not None for label in some]
    ids = [json.loads(line) for line in gzip.decompress(topx.body(layout.item_ids)).splitlines()]
    assert sorted(ids[label] for label in labels) == sorted(set(ids) - {"i0"})
    outcome = json.loads(topx.body(layout.outcome))
    unknown = {"exclude": {"count": 1, "examples": ["gone"]}}
    assert outcome["rules"] == {"servable": BOARD.items - 1, "unknown": unknown}
    assert (outcome["short"], sum(outcome["short_because"].values())) == (0, 0)


def test_an_unknown_user_gets_what_is_popular_overall_or_in_a_group(topx: Tool, before: Published) -> None:
    known = json.loads(topx("recommend", "u3", "--json", "--as", "colour=even").out)
    assert (known["fallback"], [item["id"] for item in known["items"]]) == (None, before.lists["u3"][0])
    stranger = topx("recommend", "stranger", "--json")
    answer = json.loads(stranger.out)
    assert (stranger.code, answer["fallback"]) == (0, {"column": None, "value": None})
    taken = Counter(item for user in range(BOARD.users) for item in BOARD.has(user) if item)
    # Equally popular items are ordered by the bytes of their ids.
    popular = sorted(taken, key=lambda item: (-taken[item], f"i{item}"))
    due: list[int] = []
    for item in popular:
        if len(due) < 6 and sum(band(other) == band(item) for other in due) < 2:
            due.append(item)
    assert [item["id"] for item in answer["items"]] == [f"i{item}" for item in due]
    alike = json.loads(topx("recommend", "stranger", "--json", "--as", "colour=odd").out)
    assert alike["fallback"] == {"column": "colour", "value": "odd"}
    assert len(alike["items"]) == 6
    assert all(int(item["id"][1:]) % 2 == 1 for item in alike["items"])
    assert "popular with colour odd" in topx("recommend", "stranger", "--as", "colour=odd").out
    assert "the default list, of popular items" in topx("recommend", "stranger", "--as", "colour=green").out
    wrong = topx("recommend", "stranger", "--as", "age=3")
    assert (wrong.code, "default lists by colour" in wrong.err) == (1, True)


def assert_refused(topx: Tool, run: Run, before: Published, *said: str) -> None:
    assert run.record["status"] == "refused", run.out
    assert run.code == 3
    assert run.record["version"] is None
    for text in said:
        assert text in run.out
    assert before.pointer is not None
    assert f"The current version is still {before.pointer['current']}" in run.out
    assert topx.published() == before


def test_no_dataset_json(topx: Tool, before: Published, data: Data) -> None:
    run = topx.run("--data", data(ROWS, None), **SMALL)
    assert_refused(topx, run, before, "input/dataset.json")
    assert list(run.record["seconds"]) == ["Plan the run"]


def test_an_empty_prefix(topx: Tool, before: Published, tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text(json.dumps(DATASET), encoding="utf-8")
    assert_refused(topx, topx.run("--data", str(tmp_path), **SMALL), before, "input/interactions/")


def test_an_unknown_column(topx: Tool, before: Published, data: Data) -> None:
    run = topx.run("--data", data(ROWS, {**DATASET, "item": "film"}), **SMALL)
    assert_refused(topx, run, before, "film")


def test_one_user_only(topx: Tool, before: Published, data: Data) -> None:
    run = topx.run("--data", data([row for row in ROWS if row[0] == "u1"]), **SMALL)
    assert_refused(topx, run, before, "user")


def test_all_rows_refused(topx: Tool, before: Published, data: Data) -> None:
    run = topx.run("--data", data([(user, item, "NaN", time) for user, item, _, time in ROWS]), **SMALL)
    assert_refused(topx, run, before)
    assert run.record["rejected"] == len(ROWS)


def three_percent_refused() -> list[tuple[str, str, str, str]]:
    """Every 33rd row has no number for a value."""
    return [
        (user, item, "lots" if number % 33 == 0 else value, time)
        for number, (user, item, value, time) in enumerate(ROWS)
    ]


def test_three_percent_of_the_rows_refused_is_too_many(topx: Tool, before: Published, data: Data) -> None:
    run = topx.run("--data", data(three_percent_refused()), **SMALL)
    assert_refused(topx, run, before, "reject_limit")
    rejected = topx.keys(f"{run.layout.run}rejected/")
    lines = [json.loads(line) for key in rejected for line in gzip.decompress(topx.body(key)).splitlines()]
    assert len(lines) == run.record["rejected"] == 11
    assert {line["line"] for line in lines} == {2 + 33 * number for number in range(11)}


def test_a_truncated_gzip_file(topx: Tool, before: Published, data: Data) -> None:
    folder = Path(data(ROWS))
    whole = gzip.compress((folder / "interactions" / "a.csv").read_bytes())
    (folder / "interactions" / "b.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert_refused(topx, topx.run("--data", str(folder), **SMALL), before, "b.csv.gz")


def test_a_bad_request_is_reported_with_all_its_faults(topx: Tool, before: Published) -> None:
    run = topx.run(top_x=5000, gate="high", colour="red")
    assert_refused(topx, run, before, "top_x must be", "5000", "gate must be", "colour is not a field")


def test_a_training_that_diverges_is_refused_before_its_model_is_looked_at(
    topx: Tool, before: Published, data: Data
) -> None:
    rates = {"mini_batch_size": "100", "factors_lr": "3"}
    run = topx.run("--data", data(ROWS), **{**SMALL, "hyperparameters": rates})
    assert_refused(topx, run, before, "the loss (binary_classification_cross_entropy) of job topx-fm-", "factors_lr 3)")
    training = json.loads(topx.body(run.layout.training))
    assert len(training["epochs"]) == SMALL["epochs"]
    assert 0.6 < training["untrained_loss"] < 0.8 < training["epochs"][-1]["loss"]
    assert list(run.record["seconds"])[-1] == "Read training log"


def test_a_dry_run_plans_and_starts_nothing(topx: Tool, before: Published, data: Data) -> None:
    run = topx.run("--data", data(ROWS), dry_run=True)
    assert (run.code, run.record["status"], run.record["version"]) == (0, "planned", None)
    assert set(run.record["seconds"]) == {"Plan the run", "Dry run?", "Planned only"}
    assert topx.published() == before


def test_a_cancelled_run_ends_and_publishes_nothing(topx: Tool, before: Published, data: Data) -> None:
    topx.run("--data", data(ROWS), dry_run=True)
    place = topx.deployment
    arn = place.states.start_execution(stateMachineArn=place.state_machine, name="to-be-cancelled")["executionArn"]
    while len(snapshot(place.states, arn).states) < 3:
        time.sleep(0.1)
    assert topx("cancel", "to-be-cancelled").code == 0
    watched = topx("watch", "to-be-cancelled")
    assert watched.code == 1
    assert "was stopped" in watched.out
    assert json.loads((topx.home / "last-run.json").read_text(encoding="utf-8"))["status"] == "failed"
    assert "no running execution" in topx("cancel").err
    assert topx.published() == before


# Those that publish come last, because ``before`` no longer holds after them.


STRANGE = (
    "with space",
    "a/b#c?d=e&f",
    'O\'Brien, "Bo"',
    "東京 ☕ Zoë",
    "n" * 200,
    "042",
    "42",
    "%41",
    "user#1",
    "é" * 100,
)


def test_ids_of_any_characters_are_published_beside_three_percent_refused_under_a_higher_limit(
    topx: Tool, before: Published, data: Data
) -> None:
    names = {f"u{number}": name for number, name in enumerate(STRANGE)} | {
        f"i{number}": name for number, name in enumerate(STRANGE)
    }
    given = three_percent_refused()
    rows = [(names.get(user, user), names.get(item, item), value, time) for user, item, value, time in given]
    run = topx.run("--data", data(rows, {**DATASET, "reject_limit": 0.05}), **SMALL)
    assert (run.code, run.record["status"]) == (0, "published"), run.out
    assert (run.record["rejected"], run.record["interactions"]) == (11, len(ROWS) - 11)
    lists = topx.published().lists
    assert set(lists) == {row[0] for row in rows}
    known = {row[1] for row in rows}
    for name in STRANGE:
        answer = json.loads(topx("recommend", name, "--json").out)
        assert (answer["user"], answer["version"]) == (name, run.record["version"])
        assert [item["id"] for item in answer["items"]] == lists[name][0]
        assert {item["id"] for item in answer["items"]} <= known
    assert any(set(items) & set(STRANGE) for items, _ in lists.values())


def test_the_documents_reader_reads_the_published_list(
    topx: Tool, before: Published, as_if_aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    (code,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs/deploy.md").read_text(encoding="utf-8"), re.DOTALL)
    reader: dict[str, Any] = {"__name__": "reader"}
    exec(code.partition("\nprint(")[0], reader)
    recommendations = reader["Recommendations"](topx.deployment.table_name)
    user, (items, _) = next(iter(topx.published().lists.items()))
    assert recommendations.top_items(user, most=3) == items[:3]
    reported = json.loads(topx("recommend", "nobody at all", "-n", "3", "--json").out)
    assert recommendations.top_items("nobody at all", most=3) == [item["id"] for item in reported["items"]]
    assert len(reported["items"]) == 3


def test_the_schedule_starts_a_run_with_the_default_input(topx: Tool, scheduled: dict[str, str]) -> None:
    states, machine = topx.deployment.states, scheduled["StateMachineArn"]
    started: list[dict[str, Any]] = []
    deadline = time.monotonic() + 90
    while not started:
        assert time.monotonic() < deadline, "nothing was started"
        time.sleep(0.2)
        started = states.list_executions(stateMachineArn=machine)["executions"]
    arn = started[-1]["executionArn"]  # newest first
    while (described := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.1)
    assert json.loads(described["input"]) == {}
    # Nobody has uploaded data for this stack, so its first state refuses the run.
    assert (described["status"], "input/dataset.json" in described["cause"]) == ("FAILED", True), described


@pytest.fixture
def as_if_aws(scheduled: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's environment variables point to the engine."""
    running = embedded_aws.status()
    assert running is not None
    for name, value in {
        **running.environment(),
        "AWS_REGION": running.region,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "CDK_APP": scheduled["assembly"],  # as it was synthesized for this stack
    }.items():
        monkeypatch.setenv(name, value)


SECOND = ("-c", "stack_name=every-minute")


@pytest.mark.usefixtures("as_if_aws")
def test_a_deployment_says_what_it_will_do_and_all_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDK_DOCKER", "no-such-program")
    assert cloud(["deploy", "--region", "mars-1", *SECOND, "-c", "time_zone=Europe/Berlin"]) == 1
    said = capfd.readouterr()
    assert f"Creating the stack every-minute in account {ACCOUNT}, region mars-1" in said.out
    assert "cron(0 3 ? * MON *) in Europe/Berlin, up to 15 minutes later" in said.out
    for missing in ("not in mars-1", "make bootstrap", "no-such-program was not found"):
        assert missing in said.err


@pytest.mark.usefixtures("as_if_aws")
def test_a_stack_is_destroyed_once_its_name_is_typed_and_its_data_only_when_asked_for(
    topx: Tool, scheduled: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert cloud(["destroy", "-c", "stack_name=nobodys"]) == 1
    assert "the stack nobodys does not exist in region us-east-1" in capfd.readouterr().err
    assert cloud(["destroy", *SECOND, "--confirm", "topx"]) == 1
    said = capfd.readouterr()
    assert f"kept     bucket {scheduled['BucketName']}" in said.out
    assert "nothing was deleted: the stack's name must be typed, or given as CONFIRM=every-minute" in said.err

    tables = topx.deployment.table.meta.client
    assert tables.describe_table(TableName=scheduled["TableName"])["Table"]["DeletionProtectionEnabled"]
    assert cloud(["destroy", *SECOND, "--confirm", "every-minute", "--delete-data"]) == 0, capfd.readouterr()
    said = capfd.readouterr()
    assert "every-minute: destroyed" in said.out + said.err  # if CI is set, the CDK prints all to standard output
    assert scheduled["TableName"] not in tables.list_tables()["TableNames"]
    buckets = [bucket["Name"] for bucket in topx.deployment.s3.list_buckets()["Buckets"]]
    assert scheduled["BucketName"] not in buckets
    assert topx.deployment.bucket in buckets
