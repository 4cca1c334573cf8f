"""Reads, validates and indexes 20 million rows, compared with polars and pandas: python -m benchmarks.reading

Each runs as a separate process on the same files, one after the other.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import clustered
from benchmarks.results import Result, record
from local_aws.door import interpreter
from topx.home import REPOSITORY

_SIZE = clustered.Size(users=1_000_000, items=50_000, events=20_000_000)
_SEED = 0
_BARS = {"polars": 1.0, "pandas": 3.0}


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--share", type=float, default=1.0, help="of the users and events")
    share = given.parse_args().share
    size = clustered.Size(int(share * _SIZE.users), _SIZE.items, int(share * _SIZE.events))
    table = clustered.draw(size, _SEED)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for form in ("csv.gz", "parquet"):
            data = clustered.write(table, Path(folder) / form, form=form)
            results += _beside(data, form)
    record(results)


def _beside(data: Path, form: str) -> list[Result]:
    ours, peak = _run("containers/prepare", "benchmarks.reading.ours", str(data))
    results = []
    for peer, bar in _BARS.items():
        theirs, _ = _run("benchmarks/reading", "benchmarks.reading.peers", peer, str(data))
        if any(ours[name] != theirs[name] for name in ("rows", "users", "items", "pairs")):
            raise ValueError(f"{peer} has found {theirs}, and prepare {ours}")
        results.append(
            Result(
                f"read, validate and index {ours['rows'] / 1e6:.0f} million rows of {form}",
                f"{ours['seconds']:.1f} s",
                peer,
                f"{theirs['seconds']:.1f} s",
                theirs["seconds"] / ours["seconds"],
                f"{bar:g}",
                peak,
            )
        )
    return results


def _run(environment: str, module: str, *arguments: str) -> tuple[dict[str, Any], int]:
    """The output of a process, and its peak memory in bytes."""
    process = subprocess.Popen(
        [str(interpreter(environment)), "-m", module, *arguments],
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{module} failed")
    return json.loads(output), usage.ru_maxrss * 1024


if __name__ == "__main__":
    main()
