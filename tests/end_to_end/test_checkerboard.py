"""A checkerboard through the whole workflow: the right lists are known without a model."""

import gzip
import json
import math
import os
import re
import shlex
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from contract.run_layout import job_base
from local_aws.door import ACCOUNT
from tests.end_to_end.asked_permissions import EVERY_COMMAND, PERMISSIONS, documented
from tests.end_to_end.conftest import SMALL, Checkerboard, Run, Tool, write_data
from tests.file_modes import open_to_others
from topx import deployed_stack, embedded_aws
from topx.execution import snapshot
from topx.home import REPOSITORY

BOARD = Checkerboard()


@pytest.fixture(scope="module")
def run(topx: Tool, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("board") / "data"
    return topx.run("--data", write_data(folder, BOARD.rows()), **SMALL | {"refit": True}, spot=True)


def test_it_is_published_and_counted(run: Run, topx: Tool) -> None:
    assert (run.code, run.record["status"]) == (0, "published"), run.out + run.err
    assert run.record["version"] == run.record["run_id"]
    counts = [run.record[name] for name in ("users", "items", "interactions", "rejected")]
    assert counts == [BOARD.users, BOARD.items, BOARD.users * BOARD.taken, 0]
    assert Path(run.record["report"]).read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    assert next(iter(run.record["seconds"])) == "Plan the run"


def test_everyone_gets_exactly_the_unseen_items_of_the_right_colour(run: Run, topx: Tool) -> None:
    lists = topx.published().lists
    assert len(lists) == BOARD.users
    half = BOARD.items // 2
    for user in range(BOARD.users):
        right = {f"i{2 * item + user % 2}" for item in range(half)} - {f"i{item}" for item in BOARD.has(user)}
        items, scores = lists[f"u{user}"]
        assert set(items) == right, f"u{user}"
        assert scores == sorted(scores, reverse=True)


def test_what_is_published_is_of_a_second_model_trained_on_everything(run: Run, topx: Tool) -> None:
    arn = json.loads(topx.body(run.layout.plan))["execution"]["arn"]
    entered = {state.name: state.given for state in snapshot(topx.deployment.states, arn).states}
    trained = {state: entered[state]["fm"]["artifact"] for state in ("Extract vectors", "Extract to publish")}
    bases = {"Extract vectors": "fm", "Extract to publish": "rf"}
    for state, artifact in trained.items():
        assert f"/fm/{job_base(bases[state], run.record['run_id'])}-" in artifact
    for stage, key in (("fm", run.layout.training), ("rf", run.layout.refit_training)):
        losses = json.loads(topx.body(key))
        assert losses["job"].startswith(job_base(stage, run.record["run_id"]))
        assert len(losses["epochs"]) == SMALL["epochs"]
    # At first, the last of each user's nine is held out.
    counts: dict[str, Any] = {"measured": BOARD.users * (BOARD.taken - 1), "published": BOARD.users * BOARD.taken}
    counts["because"] = "refit is true"
    assert json.loads(topx.body(run.layout.outcome))["trained_on"] == run.record["trained_on"] == counts
    for word in (
        "Train on everything  epoch 8 of 8, loss 0.",
        "The metrics are of a model trained on 320 interactions",
    ):
        assert word in run.out
    report = " ".join(Path(run.record["report"]).read_text(encoding="utf-8").split())
    assert "These are metrics of a model trained on 320 of the 360 interactions" in report


def test_the_model_beats_most_popular_by_far(run: Run) -> None:
    metrics = run.record["metrics"]
    assert metrics["model"]["ndcg@10"] > 1.3 * metrics["most_popular"]["ndcg@10"]


def test_the_loss_of_each_epoch_is_kept(run: Run, topx: Tool) -> None:
    training = json.loads(topx.body(run.layout.training))
    losses = [epoch["loss"] for epoch in training["epochs"]]
    assert (training["metric"], training["complete"]) == ("binary_classification_cross_entropy", True)
    assert [epoch["epoch"] for epoch in training["epochs"]] == list(range(1, SMALL["epochs"] + 1))
    assert training["untrained_loss"] > losses[0] > losses[-1] > 0
    assert training["test_loss"] > 0


def test_both_pages_are_downloaded(run: Run, topx: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [Path(run.record[name]) for name in ("report", "outcome")]
    for page in pages:
        assert str(page) in run.out
        page.unlink()
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    newest, named = topx("report"), topx("report", run.record["run_id"], "--open")
    assert newest.out == named.out == f"Report: {pages[0]}\nOutcome: {pages[1]}\n"
    assert opened == [page.as_uri() for page in pages]
    assert f"<title>Outcome · {run.record['run_id']}</title>" in pages[1].read_text(encoding="utf-8")
    none = topx("report", "20261123t030000120-a9711f")
    assert (none.code, "has no report" in none.err) == (1, True)


def test_what_the_run_took_is_in_the_bucket(run: Run, topx: Tool) -> None:
    facts = json.loads(topx.body(run.layout.facts))
    seconds = {state["name"]: state["seconds"] for state in facts["states"]}
    whole = run.record["seconds"]
    assert seconds == {name: whole[name] for name in list(whole)[: list(whole).index("Served")]}
    stages = [job["name"].split("-")[1] for job in facts["jobs"]]
    assert stages == ["pr", "fm", "ex", "rf", "rx", "nn", "tr"]
    assert facts["cost"]["usd"] == pytest.approx(sum(job["usd"] for job in facts["jobs"]))
    for job in facts["jobs"]:
        assert 0 < job["seconds"] <= seconds[job["state"]] + 1  # a training is billed in whole seconds


def test_a_list_is_read_by_the_command_line(run: Run, topx: Tool) -> None:
    ran = topx("recommend", "u3", "-n", "2", "--json")
    answer = json.loads(ran.out)
    items, scores = topx.published().lists["u3"]
    assert answer == {
        "user": "u3",
        "version": run.record["version"],
        "fallback": None,
        "items": [
            {"id": item, "title": None, "score": score} for item, score in zip(items[:2], scores[:2], strict=True)
        ],
    }
    assert "u3" in topx("recommend", "u3").out
    unknown = topx("recommend", "nobody")
    assert (unknown.code, "this is the default list, of popular items" in unknown.out) == (0, True)


def test_the_documented_snippet_reads_the_same_list(run: Run, topx: Tool) -> None:
    page = REPOSITORY / "docs" / "run.md"
    snippet, _ = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    running = embedded_aws.status()
    assert running is not None
    place = running.environment()
    code = snippet.replace('"TABLE"', repr(topx.deployment.table_name)).replace('"42"', '"u3"')
    printed = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **place}, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == str(list(zip(*topx.published().lists["u3"], strict=True)))


def test_what_a_run_leaves_on_this_machine_is_its_owners_alone(run: Run, topx: Tool) -> None:
    assert open_to_others(topx.home) == {}
    environments = [complete.parent for complete in (REPOSITORY / ".topx" / "envs").glob("*/.complete")]
    # Other tests start the environments' interpreters themselves, and these cache what they import.
    found = [path for folder in environments for path in open_to_others(folder) if "__pycache__" not in path]
    assert found == []


def test_the_environment_that_is_printed_is_the_administrators(run: Run, topx: Tool) -> None:
    printed = topx("status", "--env")
    asked = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    script = f"{printed.out}\n{shlex.join([sys.executable, '-c', asked])}"
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == f"arn:aws:iam::{ACCOUNT}:root"


def test_the_run_is_listed_as_the_one_served(run: Run, topx: Tool) -> None:
    line = next(line for line in topx("runs").out.splitlines() if run.record["run_id"] in line)
    assert "published, current" in line


@pytest.fixture
def aws(topx: Tool, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The environment of a user with an AWS account, which is actually the engine; the option for its stack."""
    running = embedded_aws.status()
    assert running is not None
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", running.region)
    monkeypatch.setattr(deployed_stack, "SECONDS_BETWEEN_LOOKS", 0.1)
    return "--stack", "topx"


def test_a_stack_by_its_name_is_read_as_this_machines(run: Run, topx: Tool, aws: tuple[str, str]) -> None:
    for command in (["recommend", "u3", "--json"], ["runs", "--json"], ["rollback", run.record["version"]]):
        ours, theirs = topx(*command), topx(*command, *aws)
        assert (theirs.code, theirs.out) == (ours.code, ours.out) == (0, ours.out), theirs.err
    status = topx("status", *aws)
    assert topx.deployment.bucket in status.out
    assert f"Current version: {run.record['version']}" in status.out
    cancelled = topx("cancel", *aws)
    assert (cancelled.code, cancelled.err) == (1, "topx: there is no running execution; see: topx runs --stack topx\n")


def test_a_stacks_run_is_watched_with_what_its_jobs_say_in_cloudwatch(
    run: Run, topx: Tool, aws: tuple[str, str]
) -> None:
    ours, theirs = topx("watch", run.record["run_id"]), topx("watch", run.record["run_id"], *aws)
    assert re.search(r"Train factorization machines  epoch 8 of 8, loss 0\.\d{4}\n", theirs.out)
    assert (theirs.code, theirs.out) == (0, ours.out[ours.out.index("Execution ") :])  # what went before: the engine's
    assert json.loads((topx.home / "last-run.json").read_text(encoding="utf-8")) == {**run.record, "stack": "topx"}


def test_a_run_of_a_stack_replaces_its_data_only_on_request(
    run: Run, topx: Tool, aws: tuple[str, str], tmp_path: Path
) -> None:
    folder = write_data(tmp_path / "data", BOARD.rows())
    before = topx.keys("input/")
    refused = topx.run("--data", folder, *aws, dry_run=True)
    assert (refused.code, refused.record["status"]) == (1, "failed")
    assert f"s3://{topx.deployment.bucket}/input/ holds 2 objects already" in refused.err
    assert "--replace" in refused.err
    assert topx.keys("input/") == before
    planned = topx.run("--data", folder, "--replace", *aws, dry_run=True)
    assert (planned.code, planned.record["status"], planned.record["stack"]) == (0, "planned", "topx"), planned.err


def test_a_refused_run_of_a_stack_leads_to_the_console(run: Run, topx: Tool, aws: tuple[str, str]) -> None:
    refused = topx.run(*aws, top_x=5000)
    assert (refused.code, refused.record["status"]) == (3, "refused")
    assert "top_x must be a whole number 1..500, got 5000" in refused.out
    assert f"console.aws.amazon.com/states/home?region={os.environ['AWS_REGION']}#/v2/executions" in refused.out


def test_commands_for_a_stack_need_nothing_of_the_engine_and_only_the_documented_permissions(
    run: Run, aws: tuple[str, str], tmp_path: Path
) -> None:
    data = ["--data", write_data(tmp_path / "data", BOARD.rows()), "--replace"]
    commands = [
        ["status"],
        ["runs"],
        ["report"],
        ["recommend", "u3"],
        ["watch", run.record["run_id"]],
        ["cancel"],
        ["rollback", run.record["version"]],
        ["run", *data, "--input", '{"dry_run": true}'],
    ]
    given = [sys.executable, "-c", EVERY_COMMAND, json.dumps(commands)]
    printed = subprocess.run(given, capture_output=True, text=True, check=True).stdout
    assert "Planned only" in printed
    asked, imported = json.loads(printed.splitlines()[-1])
    assert "topx.deployed_stack" in imported
    assert [name for name in imported if name.startswith(("local_aws", "ministack", "aws_cdk", "infra"))] == []
    for command, calls in asked.items():
        needed = {PERMISSIONS.get(call, call) for call in calls}
        assert needed <= documented(command) | {"cloudformation:DescribeStacks"}, command
        assert "cloudformation:DescribeStacks" in needed


def test_a_model_that_does_not_reach_the_champion_on_what_is_new_to_both_is_refused(
    run: Run, topx: Tool, tmp_path: Path
) -> None:
    later, before = Checkerboard(taken=BOARD.taken + 1), topx.published()
    again = topx.run(
        "--data", write_data(tmp_path / "data", later.rows()), **SMALL | {"refit": True}, gate={"champion": 100}
    )
    assert again.record["status"] == "refused", again.out
    assert not {"Train on everything", "Extract to publish"} & again.record["seconds"].keys()
    assert again.record["trained_on"] is None
    # A user's two last items are held out. When the champion was made, the first of them was known, and held out from
    # the measured model: that model's lists are used for the comparison, without what the user has had by now.
    lines = gzip.decompress(topx.body(f"{run.layout.evaluated_lists}part-00000.jsonl.gz")).splitlines()
    measured = {line["user"]: line["items"] for line in map(json.loads, lines)}
    assert measured.keys() == before.lists.keys()
    gained = []
    for user in range(later.users):
        *had, wanted = (f"i{item}" for item in later.has(user))
        items = [item for item in measured[f"u{user}"] if item not in had]
        gained.append(1 / math.log2(items.index(wanted) + 2) if wanted in items else 0)
    found = json.loads(topx.body(again.layout.metrics))["champion"]
    assert (found["comparable"], found["version"]) == (True, run.record["version"])
    assert (found["users"], found["held_out"]) == (later.users, later.users)
    theirs, ours = found["champion"]["ndcg@10"], found["model"]["ndcg@10"]
    assert theirs == pytest.approx(sum(gained) / later.users)
    assert 0.3 < ours <= 1
    asked = f"gate.champion wants 100 times that, {100 * theirs:.4f}, which is not reached"
    for words in (f"NDCG@10 is {ours:.4f}, the champion's (version {run.record['version']}) {theirs:.4f}", asked):
        assert words in again.out
    assert topx.published() == before


def test_the_same_input_gives_the_same_lists_bit_for_bit(run: Run, topx: Tool, tmp_path: Path) -> None:
    before = {key.removeprefix(run.layout.run): topx.body(key) for key in topx.keys(run.layout.published_lists)}
    served = topx.published()
    given = SMALL | {"refit": True, "spot": True}
    again = topx.run("--data", write_data(tmp_path / "data", BOARD.rows()), **given)
    assert again.record["status"] == "published", again.out
    assert again.record["version"] != run.record["version"]
    after = {key.removeprefix(again.layout.run): topx.body(key) for key in topx.keys(again.layout.published_lists)}
    assert len(before) == 4
    assert after == before
    assert topx.published().lists == served.lists
    first, second = (json.loads(topx.body(one.layout.outcome)) for one in (run, again))
    for name in ("data_hash", "code", "hyperparameters", "seeds", "metrics"):
        assert first[name] == second[name], name
    assert first["hyperparameters"]["factorization_machines"]["epochs"] == str(SMALL["epochs"])
    assert {"k", "index_metric"} <= first["hyperparameters"]["nearest_neighbours"].keys()
    page = Path(again.record["outcome"]).read_text(encoding="utf-8")
    assert f"100.0% of a list stayed on average, and {BOARD.users} lists are the same" in page
    assert second["data_hash"] in page


def test_what_was_published_outlives_the_engine(run: Run, topx: Tool) -> None:
    before = topx.published()
    assert topx("stop").code == 0
    assert "not running" in topx("status").out
    assert topx("recommend", "u0").code == 0  # starts it again
    assert topx.published() == before
