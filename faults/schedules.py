"""Ten thousand schedules, over all processors."""

import os
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from faults.network import connect
from faults.results import Result
from faults.schedule import Verdict, World, run_schedule

_COUNT, _SHORT = 10_000, 20
_AT_ONCE = 50


def part(seed: int, scale: float) -> Result:
    """Schedules ``seed * 1,000,000`` and up: the same ones each time."""
    count = max(_SHORT, round(_COUNT * scale))
    seeds = range(seed * 1_000_000, seed * 1_000_000 + count)
    workers = min(os.cpu_count() or 1, -(-count // _AT_ONCE))
    batches = [seeds[first : first + _AT_ONCE] for first in range(0, count, _AT_ONCE)]
    # Each process has its own clock, clients and bucket.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(seed,)) as pool:
        return _result([verdict for batch in pool.map(_play, batches) for verdict in batch])


_worlds: list[World] = []


def _begin(seed: int) -> None:
    _worlds.append(World.make(connect(), seed))


def _play(seeds: Iterable[int]) -> list[Verdict]:
    return [run_schedule(_worlds[0], seed) for seed in seeds]


def _result(verdicts: list[Verdict]) -> Result:
    ends = Counter(end for verdict in verdicts for end in verdict.ends)
    runs, loads = sum(ends.values()), sum(verdict.loads for verdict in verdicts)
    died = sum(verdict.died for verdict in verdicts)
    return Result(
        "schedules",
        len(verdicts),
        sum(not verdict.losses for verdict in verdicts),
        [f"schedule {verdict.seed}: {loss}" for verdict in verdicts for loss in verdict.losses],
        [
            f"{sum(verdict.faults for verdict in verdicts):,} faults in {runs:,} runs",
            f"{ends['published']:,} runs published by themselves, {ends['redriven']:,} once redriven, "
            f"{ends['refused']:,} refused for a reason",
            f"{died:,} of {loads:,} load attempts died",
        ],
    )
