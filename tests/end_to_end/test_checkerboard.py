"""A checkerboard through the whole workflow: the right lists are known without any model."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import SMALL, Checkerboard, Run, Tool, write_data
from topx.home import REPOSITORY
from topx.local import engine

BOARD = Checkerboard()


@pytest.fixture(scope="module")
def run(topx: Tool, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("board") / "data"
    return topx.run("--data", write_data(folder, BOARD.rows()), **SMALL)


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


def test_the_model_beats_most_popular_by_far(run: Run) -> None:
    metrics = run.record["metrics"]
    assert metrics["model"]["ndcg@10"] > 1.3 * metrics["most_popular"]["ndcg@10"]


def test_a_list_is_read_by_the_command_line(run: Run, topx: Tool) -> None:
    ran = topx("recommend", "u3", "-n", "2", "--json")
    answer = json.loads(ran.out)
    items, scores = topx.published().lists["u3"]
    assert answer == {
        "user": "u3",
        "version": run.record["version"],
        "items": [{"id": item, "score": score} for item, score in zip(items[:2], scores[:2], strict=True)],
    }
    assert "u3" in topx("recommend", "u3").out
    unknown = topx("recommend", "nobody")
    assert unknown.code == 1
    assert "no list for user 'nobody'" in unknown.err


def test_the_readmes_snippet_reads_the_same_list(run: Run, topx: Tool) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    running = engine.status()
    assert running is not None
    place = {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_ACCESS_KEY_ID": running.account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": running.region,
    }
    code = snippet.replace('"TABLE"', repr(topx.deployment.table_name)).replace('"42"', '"u3"')
    printed = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **place}, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == str(list(zip(*topx.published().lists["u3"], strict=True)))


def test_the_run_is_listed_as_the_one_served(run: Run, topx: Tool) -> None:
    line = next(line for line in topx("runs").out.splitlines() if run.record["run_id"] in line)
    assert "published, served" in line


def test_what_was_published_outlives_the_engine(run: Run, topx: Tool) -> None:
    before = topx.published()
    assert topx("stop").code == 0
    assert "not running" in topx("status").out
    assert topx("recommend", "u0").code == 0  # starts it again
    del topx.__dict__["deployment"]  # the port may be another
    assert topx.published() == before
