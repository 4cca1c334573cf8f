"""The data of each week, like a team's weekly exports."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local_aws.door import interpreter
from topx.home import REPOSITORY
from topx.problem import Problem

_RESULT = "slices.json"  # of topx.simulation.slicing, which needs packages that this process does not have


@dataclass(frozen=True)
class Slice:
    """What a week adds: files for ``input/`` below ``folder``. ``until`` is its last day, ISO 8601, ``rows`` its
    interactions.
    """

    until: str
    rows: int
    folder: Path


def cut_into_weeks(data: Path, into: Path, *, weeks: int, days: int) -> list[Slice]:
    """Cut a folder of data by time; the first slice has everything that is older than the others.

    Args:
        data: a folder like those for ``topx run --data``.
        into: a folder that is created anew.
        weeks: how many slices.
        days: of each except the first.

    Raises:
        Problem: if the folder has no data with times, or fewer weeks.
    """
    if not data.is_dir():
        raise Problem(f"--data must name a folder with dataset.json and interactions/, and {data} is not a folder")
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    ended = subprocess.run(
        [
            interpreter("containers/prepare"),
            "-m",
            "topx.simulation.slicing",
            data.resolve(),
            into,
            *map(str, (weeks, days)),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise Problem(f"the data could not be cut into weeks:\n{ended.stderr.strip()}")
    found = json.loads((into / _RESULT).read_text(encoding="utf-8"))
    if "fault" in found:
        raise Problem(found["fault"])
    return [Slice(entry["until"], entry["rows"], into / entry["until"]) for entry in found["slices"]]
