"""Runs ``topx run --data`` in a separate home, and measures seconds and peak memory of each state."""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.growth.process_memory import sampled

# The lines that topx.progress_display prints.
_DONE = re.compile(r"done\s+([\d,.]+) s {2}(\S.*?)(?: {2}.*)?$")


@dataclass(frozen=True)
class StateCost:
    """The cost of a state. ``peak_bytes`` is the memory of all processes of the run, including the embedded AWS."""

    name: str
    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class TimedRun:
    """A published run. ``seconds`` is the time of the whole command, including deployment and upload."""

    seconds: float
    peak_bytes: int
    states: tuple[StateCost, ...]
    record: dict[str, Any]  # topx.outcome.Outcome, as in last-run.json


def run(data: Path, home: Path, given: dict[str, Any]) -> TimedRun:
    """Run the workflow on ``data`` with the input ``given``; its state, lists and files are under ``home``.

    Raises:
        RuntimeError: if the run did not publish.
    """
    command = [sys.executable, "-m", "topx", "run", "--data", str(data), "--input", json.dumps(given)]
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    environment |= {"TOPX_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    begin, states = time.time(), []
    with (
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process,
        sampled(process.pid) as samples,
    ):
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            if found := _DONE.match(line):
                seconds = float(found[1].replace(",", ""))
                states.append(StateCost(found[2], seconds, samples.peak(time.time() - seconds, time.time())))
    if process.returncode:
        raise RuntimeError(f"topx run ended with {process.returncode}")
    record = json.loads((home / "last-run.json").read_text(encoding="utf-8"))
    return TimedRun(time.time() - begin, samples.peak(begin, time.time()), tuple(states), record)
