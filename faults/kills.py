"""Runs on this machine with SIGKILL at a random moment: of the engine, of one of its processes, or of the client.

After each, readers must get the old lists or the complete new ones, the engine must start again, and no orphaned
process may remain. From time to time, and at the end, a run is not disturbed and must publish.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import ConnectionError, HTTPClientError

from contract.recommendation_table import POINTER_KEY
from faults import material
from faults.results import Result
from topx import embedded_aws
from topx.actions.run import execution_arn
from topx.home import REPOSITORY
from topx.local_deployment import connect
from topx.problem import Problem

_COUNT = 100
_VICTIMS = ("engine", "child", "client")
_LEFT_ALONE_EVERY = 10
_REQUEST = {"top_x": 4, "factors": 4, "epochs": 2, "gate": "off", "refit": False, "force": True}
_PATIENCE = 30.0
Lists = dict[str, tuple[str, ...]]


def part(seed: int, scale: float) -> Result:
    """``scale`` times a hundred kills; none in the short version, because a single run takes most of its minute."""
    result = Result("kills")
    count = round(_COUNT * scale)
    if not count:
        return result
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="topx-kills-") as folder, _home(Path(folder)) as home:
        stage = _Stage.set(home)
        victims = Counter[str]()
        for number in range(count):
            victim = _VICTIMS[number % len(_VICTIMS)]
            try:
                losses = stage.kill(victim, draw, alone_next=number % _LEFT_ALONE_EVERY == _LEFT_ALONE_EVERY - 1)
            except Problem as problem:  # unless the engine starts, nothing more can be tried
                result.tried += 1
                result.losses.append(f"kill {number} ({victim}): the engine does not start any more: {problem}")
                return result
            victims[victim] += 1
            result.tried += 1
            result.held += not losses
            result.losses += [f"kill {number} ({victim}): {loss}" for loss in losses]
            # A hundred kills take long: report the results so far, whatever happens to the rest.
            print(f"kill {number} of the {victim}: {'; '.join(losses) or 'held'}", flush=True)
        last = stage.run_alone()
        result.losses += last
        result.measurements.append(", ".join(f"{n} of the {victim}" for victim, n in victims.items()))
        result.measurements.append(
            f"{stage.published} runs published, {stage.broke} did not; a run takes {stage.seconds:.0f} s"
        )
    return result


@dataclass
class _Stage:
    """A home with two data sets, which are used in turn, and the right lists for each."""

    home: Path
    right: list[Lists] = field(default_factory=list)
    seconds: float = 0.0
    turn: int = 0
    published: int = 0
    broke: int = 0

    @classmethod
    def set(cls, home: Path) -> "_Stage":
        stage = cls(home)
        for number in range(2):
            folder = home / f"data-{number}"
            (folder / "interactions").mkdir(parents=True)
            (folder / "interactions" / "a.csv").write_bytes(material.interactions(number))
            (folder / "dataset.json").write_text('{"user": "user", "item": "item", "timestamp": "time"}')
        for number in range(2):
            begun = time.monotonic()
            code, said = stage._ended(stage._start(number))
            assert code == 0, said
            stage.seconds = time.monotonic() - begun
            stage.right.append(_served())
        return stage

    def kill(self, victim: str, draw: random.Random, *, alone_next: bool) -> list[str]:
        """One run with one kill, and what was lost."""
        was, newest = _served(), _newest()
        self.turn = 1 - self.turn
        client = self._start(self.turn)
        time.sleep(draw.uniform(0.5, self.seconds))
        watched = _family(_engine())
        self._strike(victim, client, draw)
        code, said = self._ended(client)
        losses = []
        if victim == "client":
            code, said = self._followed(newest)
        if "Traceback" in said:
            losses.append(f"a traceback: {said[-300:]!r}")
        now = _served()  # starts the engine again if it is not running
        if now not in (was, self.right[self.turn]):
            losses.append(f"{len(now)} published lists are neither the old nor the new ones")
        if code == 0 and now != self.right[self.turn]:
            losses.append("the run succeeded, but its lists are not current")
        self.published += code == 0
        self.broke += code != 0
        if victim == "engine" and (left := _still_there(watched)):
            losses.append(f"processes of the killed engine are still running: {left}")
        return losses + (self.run_alone() if alone_next else [])

    def run_alone(self) -> list[str]:
        """An undisturbed run; returns why it did not publish the right lists."""
        self.turn = 1 - self.turn
        code, said = self._ended(self._start(self.turn))
        if code:
            return [f"an undisturbed run ended with {code}: {said[-500:]!r}"]
        self.published += 1
        return [] if _served() == self.right[self.turn] else ["an undisturbed run published other lists"]

    def _start(self, number: int) -> "subprocess.Popen[str]":
        given = ["run", "--data", str(self.home / f"data-{number}"), "--input", json.dumps(_REQUEST)]
        return _topx(*given)

    def _ended(self, client: "subprocess.Popen[str]") -> tuple[int, str]:
        said, _ = client.communicate(timeout=600)
        return client.returncode, said

    def _followed(self, newest: str) -> tuple[int, str]:
        """If the run of the killed client had begun after ``newest``, it continues: another client follows it to its
        end.
        """
        return self._ended(_topx("watch")) if _newest() != newest else (1, "no run had begun")

    def _strike(self, victim: str, client: "subprocess.Popen[str]", draw: random.Random) -> None:
        if victim == "client":
            client.kill()
            return
        running = _engine()
        family = [pid for pid, _ in _family(running) if pid != running]
        pids = [running] if victim == "engine" else draw.sample(family, min(1, len(family)))
        for pid in pids:
            if pid:
                _kill(pid)


def _topx(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "topx", *words],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def _home(folder: Path) -> Iterator[Path]:
    """The home of this process and its commands, with its own port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ |= {"TOPX_HOME": str(folder), "TOPX_PORT": str(port)}
    try:
        yield folder
    finally:
        embedded_aws.stop()


def _served() -> Lists:
    """All lists of the current version, as a reader gets them who retries when there is no answer.

    An engine that was just killed may still hold its lock and not answer any more.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return _read()
        except (HTTPClientError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _read() -> Lists:
    table = connect(lambda _: None).table
    current = table.get_item(Key=POINTER_KEY, ConsistentRead=True)["Item"]["current"]
    found, request = [], {"ConsistentRead": True}
    while True:
        page = table.scan(**request)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    mine = [item for item in found if item["version"] == current and item["pk"].startswith("user#")]
    return {item["pk"]: tuple(item["items"]) for item in mine}


def _newest() -> str:
    """The newest execution."""
    return execution_arn(connect(lambda _: None), None)


def _engine() -> int:
    """The engine's process; 0 if there is none."""
    running = embedded_aws.status()
    return running.pid if running else 0


def _family(root: int) -> list[tuple[int, str]]:
    """A process and all its descendants, each identified by its start time."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (stat := _stat(int(folder.name))):
            parents.setdefault(int(stat[1]), []).append(int(folder.name))
    found, left = [], [root] if root else []
    while left:
        pid = left.pop()
        if stat := _stat(pid):
            found.append((pid, stat[19]))
        left += parents.get(pid, [])
    return found


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name: state, parent, ..., and at 19 the start time."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields


def _still_there(family: list[tuple[int, str]]) -> list[int]:
    """The processes that have not ended after some time."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        left = [pid for pid, began in family if (stat := _stat(pid)) and stat[19] == began]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.5)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
