"""The saved state is the old one or the complete new one, whatever happens while it is written."""

import json
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_aws.places import ROOT
from local_aws.state_generations import StateGenerations, StateUnreadable

FIRST = {"s3": b'{"buckets": 1}', "sns": b"{}"}
WRITES_FOR_EVER = """
import itertools, sys
from pathlib import Path
from local_aws.state_generations import StateGenerations
generations = StateGenerations(Path(sys.argv[1]))
for number in itertools.count(1):
    generations.write({f"service{k}": b"%d" % number for k in range(8)})
    print(number, flush=True)
"""


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel limits all files of this process to ``size`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def generations(tmp_path: Path) -> StateGenerations:
    return StateGenerations(tmp_path)


def test_nothing_was_saved_yet(generations: StateGenerations) -> None:
    assert generations.newest is None
    assert generations.read() == {}


def test_the_last_that_was_written_is_read_and_the_one_before_is_kept(
    generations: StateGenerations, tmp_path: Path
) -> None:
    for number in range(1, 13):  # past 9: the order is numeric
        generations.write({**FIRST, "sns": json.dumps(number).encode()})
    assert generations.read() == {**FIRST, "sns": b"12"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["11", "12"]


def test_a_file_that_did_not_change_is_not_written_again(generations: StateGenerations, tmp_path: Path) -> None:
    generations.write(FIRST)
    generations.write({"s3": None, "sns": b'{"topics": 1}'})
    assert (tmp_path / "1/s3.json").stat().st_ino == (tmp_path / "2/s3.json").stat().st_ino
    assert (tmp_path / "1/sns.json").read_bytes() == FIRST["sns"]


def test_a_disk_that_does_not_take_it_leaves_what_was_there(generations: StateGenerations, tmp_path: Path) -> None:
    generations.write(FIRST)
    with files_of_at_most(1000), pytest.raises(OSError, match="File too large"):
        generations.write({"s3": b"small", "sns": bytes(2000)})
    assert generations.read() == FIRST
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_killed_at_any_moment_it_leaves_a_whole_generation(generations: StateGenerations, tmp_path: Path) -> None:
    chance = random.Random(0)
    for _ in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITES_FOR_EVER, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        written = writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.02))
        writer.send_signal(signal.SIGKILL)
        written = [written, *writer.stdout.read().splitlines()][-1]
        writer.wait()
        found = generations.read()
        assert len(found) == 8
        (number,) = set(found.values())
        # What the writer reported as written is there, and at most the one that it was about to report.
        assert int(number) - int(written) in (0, 1)


@pytest.mark.parametrize("before", [1, 2])
def test_a_file_that_cannot_be_read_is_named_with_the_way_out(
    before: int, generations: StateGenerations, tmp_path: Path
) -> None:
    for number in range(before):
        generations.write({**FIRST, "sns": json.dumps(number).encode()})
    damaged = tmp_path / str(before) / "sns.json"
    damaged.unlink()
    damaged.mkdir()
    fix = "remove the folder .*/2 to begin with the state saved before it, 1" if before == 2 else "what was published"
    with pytest.raises(StateUnreadable, match=rf"{before}/sns\.json cannot be read \(Is a directory\).*{fix}"):
        generations.read()
