"""Processes forked by an interpreter, compared with new programs."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_aws.places import ROOT
from local_aws.sagemaker_jobs.container_process import Program, Started
from local_aws.sagemaker_jobs.forking_interpreter import ForkingInterpreter
from local_aws.sagemaker_jobs.orphans import end_orphans

# What a job finds out about itself; then it does what its first argument says.
TELLING = """
import json, os, sys, tempfile, time
import toy_library
print(json.dumps({
    "environment": dict(os.environ), "folder": os.getcwd(), "arguments": sys.argv[1:],
    "session": os.getsid(0) == os.getpid(), "input": sys.stdin.read(), "temporary": tempfile.gettempdir(),
    "pid": os.getpid(), "name": __name__, "imported by": toy_library.PID,
}))
print("to the other stream", file=sys.stderr)
if sys.argv[1] == "sleep":
    time.sleep(600)
if sys.argv[1] == "kill":
    os.kill(os.getpid(), 9)
if sys.argv[1] == "raise":
    raise ValueError("as asked")
sys.exit(int(sys.argv[2]))
"""
Starter = Callable[..., Started]


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "toy_job.py").write_text(TELLING)
    (folder / "toy_library.py").write_text("import os\nPID = os.getpid()\n")
    return folder


@pytest.fixture
def environment(modules: Path, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "tmp").mkdir()
    path = os.pathsep.join([str(ROOT), str(modules)])
    return {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path / "tmp"), "OPT_ML": str(tmp_path)}


@pytest.fixture
def interpreter(environment: dict[str, str]) -> Iterator[ForkingInterpreter]:
    made = ForkingInterpreter(sys.executable, ["toy_library"], environment | {"OF": "the interpreter"})
    yield made
    made.close()


@pytest.fixture
def forked(interpreter: ForkingInterpreter, environment: dict[str, str], tmp_path: Path) -> Starter:
    """Starts toy_job in a fork; its log has that name."""

    def start(*arguments: str, log: str = "log", **variables: str) -> Started:
        with (tmp_path / "held").open("w") as held, (tmp_path / log).open("ab") as output:
            found = interpreter.start(["toy_job", *arguments], environment | variables, held, output)
        assert found is not None
        return found

    return start


def logged(log: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(log.read_text().splitlines()[0])
    return found


def test_a_fork_is_as_a_new_program_but_for_its_libraries(
    forked: Starter, environment: dict[str, str], tmp_path: Path
) -> None:
    process = forked("exit", "3", OF="the job")
    assert process.wait(30) == process.poll() == 3
    with (tmp_path / "held").open("w") as held, (tmp_path / "anew").open("ab") as output:
        command = [sys.executable, "-m", "toy_job", "exit", "3"]
        program = Program(command, environment | {"OF": "the job"}, held, output)
    assert program.wait(30) == 3
    one, other = logged(tmp_path / "log"), logged(tmp_path / "anew")
    assert (one.pop("pid"), other.pop("pid")) == (process.pid, program.pid)
    assert other.pop("imported by") == program.pid
    assert one.pop("imported by") != process.pid
    other["environment"].pop("LC_CTYPE", None)  # type: ignore[attr-defined]
    one["environment"].pop("LC_CTYPE", None)  # type: ignore[attr-defined]
    assert one == other
    assert one["environment"]["OF"] == "the job"  # type: ignore[index]
    assert (tmp_path / "log").read_text().endswith("to the other stream\n")


@pytest.mark.parametrize(("what", "code"), [("kill", -signal.SIGKILL), ("raise", 1)])
def test_how_it_ended_is_reported(forked: Starter, tmp_path: Path, what: str, code: int) -> None:
    assert forked(what).wait(30) == code
    assert ("ValueError: as asked" in (tmp_path / "log").read_text()) == (what == "raise")


def test_an_edit_of_the_jobs_own_module_counts(forked: Starter, modules: Path, tmp_path: Path) -> None:
    assert forked("exit", "0").wait(30) == 0
    (modules / "toy_job.py").write_text("import sys\nprint('{\"edited\": true}')\nsys.exit(5)\n")
    assert forked("exit", "0", log="second").wait(30) == 5
    assert logged(tmp_path / "second") == {"edited": True}


def test_many_at_once_are_not_mixed_up(forked: Starter, tmp_path: Path) -> None:
    def run(number: int) -> tuple[int, object]:
        process = forked("exit", str(number), log=f"log-{number}")
        return process.wait(60), logged(tmp_path / f"log-{number}")["pid"] == process.pid

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(24))) == [(number, True) for number in range(24)]


def test_a_killed_interpreter_starts_nothing_and_its_jobs_ends_are_noticed(
    interpreter: ForkingInterpreter, forked: Starter, environment: dict[str, str], tmp_path: Path
) -> None:
    longer, process = forked("sleep"), forked("sleep")
    interpreter._process.kill()
    interpreter._process.wait()
    with (tmp_path / "held").open("w") as held:
        assert interpreter.start(["toy_job", "exit", "0"], environment, held, held) is None
    assert not interpreter.alive
    assert process.poll() is None
    for each in (process, longer):
        os.kill(each.pid, signal.SIGKILL)
        assert each.wait(30) == -signal.SIGKILL


def test_a_job_outlives_the_engine_and_is_found_by_its_lock(
    interpreter: ForkingInterpreter, environment: dict[str, str], tmp_path: Path
) -> None:
    records = tmp_path / "records"
    records.mkdir()
    with (records / "job").open("w") as record, (tmp_path / "log").open("ab") as output:
        fcntl.flock(record, fcntl.LOCK_EX)
        process = interpreter.start(["toy_job", "sleep"], environment, record, output)
    assert process is not None
    while not (tmp_path / "log").read_text():
        time.sleep(0.01)
    interpreter.close()  # as the end of the engine closes its socket
    assert process.poll() is None
    assert end_orphans(records) == [process.pid]
    assert process.wait(30) == -signal.SIGKILL


def test_waiting_ends_in_time(forked: Starter) -> None:
    process = forked("sleep")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.wait_at_most(0.05)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
