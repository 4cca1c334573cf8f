"""Engines for the end-to-end tests, in separate homes: the developer's ``.topx`` is never touched."""

import contextlib
import csv
import io
import json
import os
import random
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.recommendation_table import POINTER_KEY
from contract.run_layout import RunLayout
from local_aws.door import RunningEngine
from topx import embedded_aws, owner_only
from topx.__main__ import main
from topx.deployment import Deployment
from topx.local_deployment import connect


@dataclass(frozen=True)
class Ran:
    """A finished ``topx`` command."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Run(Ran):
    """A finished ``topx run``, and its ``last-run.json``."""

    record: dict[str, Any]

    @property
    def layout(self) -> RunLayout:
        return RunLayout("", self.record["run_id"])


@dataclass(frozen=True)
class Published:
    """What readers see: the pointer, and every list of the current version."""

    pointer: dict[str, Any] | None
    lists: dict[str, tuple[list[str], list[float]]]  # user -> items, scores


class Tool:
    """The command line for one home, and its deployment."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._deployed: tuple[RunningEngine | None, Deployment] | None = None

    def __call__(self, *given: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(given)
        return Ran(code, out.getvalue(), err.getvalue())

    def run(self, *given: str, **request: Any) -> Run:
        """``topx run`` with ``request`` as its input, even if the data is published already."""
        ran = self("run", *given, "--input", json.dumps({"force": True, **request}))
        record = json.loads((self.home / "last-run.json").read_text(encoding="utf-8"))
        return Run(ran.code, ran.out, ran.err, record)

    @property
    def deployment(self) -> Deployment:
        """The deployment on the running engine, which is started if necessary."""
        if self._deployed is None or self._deployed[0] != embedded_aws.status():
            with owner_only.umask():  # like main
                found = connect(lambda _: None)
            self._deployed = embedded_aws.status(), found
        return self._deployed[1]

    def keys(self, prefix: str) -> list[str]:
        """Every key under ``prefix``."""
        pages = self.deployment.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.deployment.bucket, Prefix=prefix
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def body(self, key: str) -> bytes:
        """The object at ``key``."""
        found: bytes = self.deployment.s3.get_object(Bucket=self.deployment.bucket, Key=key)["Body"].read()
        return found

    def published(self) -> Published:
        """Everything that readers see now."""
        table = self.deployment.table
        pointer = table.get_item(Key=POINTER_KEY).get("Item")
        lists: dict[str, tuple[list[str], list[float]]] = {}
        start: dict[str, Any] = {}
        while pointer:
            page = table.scan(**start)
            for item in page["Items"]:
                if item["version"] == pointer["current"] and item["pk"].startswith("user#"):
                    scores = [float(score) for score in item["scores"]]
                    lists[item["pk"].removeprefix("user#")] = (item["items"], scores)
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return Published(pointer, lists)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def new_home(home: Path) -> Iterator[Tool]:
    """The command line in an empty home, with an engine that stops with the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOPX_HOME", str(home))
        patch.setenv("TOPX_PORT", str(_free_port()))  # not the developer's, nor another worker's
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        yield Tool(home)
        embedded_aws.stop()


@pytest.fixture(scope="session")
def topx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """The command line for a home that most modules share: what one publishes, others may find."""
    with new_home(tmp_path_factory.mktemp("topx-home")) as tool:
        yield tool


@dataclass(frozen=True)
class Checkerboard:
    """Users and items in two colors: users take items of their own color only, so the right lists are known."""

    users: int = 40
    items: int = 30
    taken: int = 9  # of the 15 items of the user's color

    def has(self, user: int) -> list[int]:
        """The items that ``user`` has taken, in order of time."""
        return [2 * item + user % 2 for item in random.Random(user).sample(range(self.items // 2), self.taken)]

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """user, item, value, time."""
        for user in range(self.users):
            for step, item in enumerate(self.has(user)):
                yield f"u{user}", f"i{item}", "1.0", str(1_700_000_000 + 86_400 * step + user)


COLUMNS = ("user", "item", "value", "time")
DATASET = {"user": "user", "item": "item", "value": "value", "timestamp": "time"}
# A small board needs more steps than the recipe for large data. The second training costs as much as the first: only
# the runs that test it request it.
SMALL: dict[str, Any] = {
    "top_x": 6,
    "factors": 4,
    "epochs": 8,
    "hyperparameters": {"mini_batch_size": "100"},
    "refit": False,
}


def write_data(
    folder: Path,
    rows: Iterable[Sequence[str]],
    dataset: Mapping[str, Any] | None = DATASET,
    columns: Sequence[str] = COLUMNS,
) -> str:
    """A folder for ``topx run --data``; its path."""
    (folder / "interactions").mkdir(parents=True)
    with (folder / "interactions" / "a.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)
    if dataset is not None:
        (folder / "dataset.json").write_text(json.dumps(dataset), encoding="utf-8")
    return str(folder)


@pytest.fixture
def data(tmp_path: Path) -> Callable[..., str]:
    """Writes a folder of data for one test."""
    return lambda *given, **named: write_data(tmp_path / "data", *given, **named)
