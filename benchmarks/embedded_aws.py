"""Compares the embedded AWS filled with lists with ministack, and loading lists with boto3: python -m
benchmarks.embedded_aws

Lists are loaded by as many processes as the workflow's map runs functions at the same time, into the same engine, one
list for each user.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import boto3

from benchmarks.lists import LENGTH, TABLE_KEYS, plain_item, wire_item
from benchmarks.results import Result, record
from infra.workflow import definition
from lambdas.aws_clients import impatient_table_client
from lambdas.loading.batch_write import write_all
from local_aws.door import EngineHome, RunningEngine, ensure_running, save_state, stop

_LISTS = 14_000
_FEW = 3_000
# Written first, so that connections and imports are not measured.
_WARM = 200


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = _plain_ministack(folder)
        home = EngineHome(Path(folder) / "home")
        running = ensure_running(home)
        at_once = _concurrency()
        try:
            with ProcessPoolExecutor(at_once, get_context("fork"), _connect, (running.environment(),)) as pool:
                results = [*_kept(running, pool, plain), _loaded(running, pool)]
        finally:
            stop(home)
    record(results)


def _plain_ministack(folder: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.plain_ministack", str(_LISTS), folder]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def _kept(running: RunningEngine, pool: ProcessPoolExecutor, plain: dict[str, float]) -> list[Result]:
    _create_table(running, "kept")
    _load_all(pool, "kept", _WARM)
    save_state(running)
    before = _memory(running, "VmRSS")
    _load_all(pool, "kept", _LISTS)
    save_state(running)
    held = (_memory(running, "VmRSS") - before) / _LISTS
    seconds = min(_seconds(lambda: save_state(running)) for _ in range(5))
    peak = _memory(running, "VmHWM")
    return [
        _kept_result("a save with nothing changed", (seconds, plain["seconds"]), "s", bar="0.1 s", peak=peak),
        _kept_result("memory a list", (held / 1000, plain["bytes"] / 1000), "KB", bar="6 KB", peak=peak),
    ]


def _kept_result(what: str, found: tuple[float, float], unit: str, *, bar: str, peak: int) -> Result:
    ours, theirs = found
    return Result(
        what=f"engine: {what}, {_LISTS:,} lists of {LENGTH}",
        ours=f"{ours:.3g} {unit}",
        beside="ministack's own",
        theirs=f"{theirs:.3g} {unit}",
        ratio=theirs / ours,
        bar=bar,
        peak_bytes=peak,
    )


def _loaded(running: RunningEngine, pool: ProcessPoolExecutor) -> Result:
    for table in ("ours", "theirs"):
        _create_table(running, table)
    ours = _seconds(lambda: _load_all(pool, "ours", _FEW))
    table = boto3.Session().resource("dynamodb", **_connection(running)).Table("theirs")

    def write() -> None:
        with table.batch_writer() as batch:
            for user in range(_FEW):
                batch.put_item(plain_item(user))

    theirs = _seconds(write)
    return Result(
        what=f"load {_FEW:,} lists of {LENGTH}",
        ours=f"{_FEW / ours:,.0f} lists/s by {_concurrency()} at once",
        beside="boto3's batch_writer, same engine",
        theirs=f"{_FEW / theirs:,.0f} lists/s",
        ratio=theirs / ours,
        bar="2 x",
        peak_bytes=_memory(running, "VmHWM"),
    )


def _concurrency() -> int:
    """How many functions the workflow lets load at the same time."""
    found: int = definition()["States"]["Load recommendations"]["MaxConcurrency"]
    return found


def _connect(environment: dict[str, str]) -> None:
    """A loading process has its client already, like a warm function."""
    os.environ |= environment
    _client()


@cache
def _client() -> Any:
    return impatient_table_client()


def _load_all(pool: ProcessPoolExecutor, table: str, lists: int) -> None:
    """Like the map: a part of the users for each process."""
    at_once = _concurrency()
    list(pool.map(_load, [table] * at_once, [range(first, lists, at_once) for first in range(at_once)]))


def _load(table: str, users: range) -> None:
    """Load a part of the lists with the loader's own code."""
    requests = ({"PutRequest": {"Item": wire_item(user)}} for user in users)
    write_all(_client(), table, requests, total=len(users))


def _create_table(running: RunningEngine, name: str) -> None:
    boto3.client("dynamodb", **_connection(running)).create_table(TableName=name, **TABLE_KEYS)


def _connection(running: RunningEngine) -> dict[str, Any]:
    key = running.administrator
    return {
        "endpoint_url": running.endpoint,
        "region_name": running.region,
        "aws_access_key_id": key.access_key,
        "aws_secret_access_key": key.secret_key,
    }


def _memory(running: RunningEngine, name: str) -> int:
    """A line of the engine's /proc/PID/status, in bytes."""
    lines = Path(f"/proc/{running.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) * 1024


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
