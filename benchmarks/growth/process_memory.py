"""Samples the memory of a process and all its descendants."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_SECONDS = 2.0


@dataclass
class Samples:
    """Unix times, and the bytes of the process tree at each of them."""

    taken: list[tuple[float, int]] = field(default_factory=list)

    def peak(self, begin: float, end: float) -> int:
        """The maximum between two times; the nearest sample if none was taken between them."""
        within = [size for at, size in self.taken if begin <= at <= end]
        return max(within) if within else min(self.taken, key=lambda sample: abs(sample[0] - begin))[1]


@contextmanager
def sampled(pid: int) -> Iterator[Samples]:
    """Sample the tree of ``pid`` every two seconds until the block ends.

    Memory is proportional set size: shared pages are counted once.
    """
    samples, ended = Samples([(time.time(), _tree_bytes(pid))]), threading.Event()

    def sample() -> None:
        while not ended.wait(_SECONDS):
            samples.taken.append((time.time(), _tree_bytes(pid)))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def _tree_bytes(root: int) -> int:
    parents = {int(place.name): _parent(place) for place in _PROC.iterdir() if place.name.isdigit()}
    tree, found = {root}, {root}
    while found:
        found = {pid for pid, parent in parents.items() if parent in found}
        tree |= found
    return sum(_proportional_bytes(_PROC / str(pid)) for pid in tree)


def _parent(process: Path) -> int | None:
    try:
        # The name of the program is in parentheses and may contain anything.
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended
        return None


def _proportional_bytes(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
