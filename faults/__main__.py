"""``python -m faults``: runs all parts, or the named ones. Exits with 1 if anything was lost.

A part is a module of this package. Either it has ``part(seed, scale) -> Result``, or it is a command whose last line
says how many cases it tried. Scale 1 is what ``make faults`` promises, scale 0 the short version for ``make test``.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from faults.results import Result, part_of, table

PARTS = ("schedules", "planted_bugs", "damaged_objects", "corruptions", "fuzzed_inputs", "kills")
# Separate commands, and their arguments.
_COMMANDS: dict[str, Callable[[int, float], list[str]]] = {
    "corruptions": lambda _, scale: [str(max(2, round(200 * scale)))],
    "fuzzed_inputs": lambda seed, scale: [str(seed), str(max(50, round(1_500 * scale)))],
}
_NUMBER = re.compile(r"\d[\d,]*")


def main(given: Sequence[str] | None = None) -> int:
    """Run the parts and print the results."""
    there = [name for name in PARTS if importlib.util.find_spec(f"faults.{name}")]
    parser = argparse.ArgumentParser(
        prog="python -m faults", description="service faults, kills and damaged objects, seeded"
    )
    parser.add_argument("parts", nargs="*", default=there, help=f"of {', '.join(there)}; by default all")
    parser.add_argument("--seed", type=int, default=0, help="the seed (default: 0)")
    parser.add_argument("--scale", type=float, default=1.0, help="how much to try; 0 is the short version (default: 1)")
    arguments = parser.parse_args(given)
    if unknown := set(arguments.parts) - set(there):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(there)}")
    results = [_run(name, arguments.seed, arguments.scale) for name in arguments.parts]
    print(f"\nseed {arguments.seed}, scale {arguments.scale:g}\n{table(results)}")
    return int(any(one.losses for one in results))


def _run(name: str, seed: int, scale: float) -> Result:
    begun = time.monotonic()
    result = _commanded(name, _COMMANDS[name](seed, scale)) if name in _COMMANDS else _called(name, seed, scale)
    result.measurements.append(f"{time.monotonic() - begun:.0f} s")
    print(f"{name}: {result.held:,} of {result.tried:,} held", file=sys.stderr, flush=True)
    return result


def _called(name: str, seed: int, scale: float) -> Result:
    # A separate process: some parts replace boto3's network layer.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(part_of, name, seed, scale).result()


def _commanded(name: str, arguments: list[str]) -> Result:
    finished = subprocess.run(
        [sys.executable, "-m", f"faults.{name}", *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    print(finished.stdout, flush=True)
    last = (finished.stdout.splitlines() or ["it printed nothing"])[-1]
    tried = int(found[0].replace(",", "")) if (found := _NUMBER.match(last)) else 0
    lost = [f"exit code {finished.returncode}: {last}"] if finished.returncode else []
    return Result(name, tried, tried - len(lost), lost, [last])


if __name__ == "__main__":
    sys.exit(main())
