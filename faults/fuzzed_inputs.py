"""Sends fuzzed inputs through the readers and row rules of prepare: python -m faults.fuzzed_inputs [seed] [count]

Accepted and rejected rows must add up to the rows read, and to the known counts of the input, or there must be an error
that names the file; there must never be a traceback, and time and memory must be within limits.
"""

import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import duckdb

from containers.prepare.reading import text_rows
from containers.prepare.reading.input_files import DatabaseLost, data_files
from containers.prepare.validation import row_rules
from contract import dataset as dataset_json
from faults.made_inputs import MAKERS, Made

_COUNT = 1_500
_MOST_SECONDS = 20.0
# DuckDB uses as much as it is given, so only prepare's own memory is measured.
_DUCKDB_MEMORY = "200MB"
_MOST_MEGABYTES = 400


@dataclass(frozen=True)
class Outcome:
    """The result of an input: accepted rows and rejected rows by reason, rows read, and errors of the file."""

    counts: Counter[str]
    read: int
    faults: list[str]


def outcome(made: Made) -> Outcome:
    """Read an input."""
    dataset = dataset_json.parse(json.dumps({"user": "user", "item": "item", **made.described}))
    settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": _DUCKDB_MEMORY, "threads": "1"}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config=settings) as database:
        Path(folder, "file").write_bytes(made.content)
        files = data_files(Path(folder), "input/")
        try:
            reading = text_rows.load(database, files, row_rules.text_columns(dataset), "rows", dataset.files)
        except DatabaseLost as lost:
            return Outcome(Counter(), 0, [str(lost)])
        verdict = row_rules.validate(database, "rows", dataset, time.time())
        ((accepted,),) = database.execute("SELECT count(*) FROM accepted").fetchall()
    return Outcome(Counter({"accepted": accepted, **verdict.by_reason}), sum(reading.rows), reading.faults)


def loss(made: Made) -> str:
    """What is wrong with the result of an input; empty if nothing is."""
    begun = time.process_time()
    try:
        found = outcome(made)
    except Exception as error:  # any exception is what this test looks for
        return f"{type(error).__name__}: {error}"
    seconds = time.process_time() - begun
    if seconds > _MOST_SECONDS:
        return f"{seconds:.1f} s, for {len(made.content):,} bytes"
    return _wrong_fault(made, found) or _wrong_counts(made, found)


def _wrong_fault(made: Made, found: Outcome) -> str:
    if made.fault is not None and bool(found.faults) != made.fault:
        return f"faults {found.faults}, where there should be {'one' if made.fault else 'none'}"
    if not all("input/file" in fault for fault in found.faults):
        return f"an error that does not name its file: {found.faults}"
    return ""


def _wrong_counts(made: Made, found: Outcome) -> str:
    if found.counts.total() != found.read and not found.faults:
        return f"{found.read} rows read, and {found.counts.total()} accounted for"
    if made.counts is not None and +made.counts != +found.counts:
        return f"{dict(found.counts - made.counts)} too many, {dict(made.counts - found.counts)} too few"
    return ""


def held(seed: int, count: int) -> bool:
    """Try this many inputs, print the results of each kind, and return whether nothing was lost."""
    tried, lost = Counter[str](), Counter[str]()
    for number in range(count):
        made = MAKERS[number % len(MAKERS)](Random(f"{seed}/{number}"))
        fault = loss(made)
        tried[made.kind] += 1
        lost[made.kind] += bool(fault)
        if fault:
            print(f"lost: input {number} of seed {seed}, {made.kind}: {fault}", flush=True)
    for kind, times in sorted(tried.items()):
        print(f"{kind:<24} {times:>6} tried {times - lost[kind]:>6} held")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{count:,} inputs tried, {count - lost.total():,} held, {peak} MB at most")
    return not lost.total() and peak <= _MOST_MEGABYTES


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 if anything was lost."""
    seed, count = (int(text) for text in (*arguments, *("0", str(_COUNT))[len(arguments) :]))
    return int(not held(seed, count))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
