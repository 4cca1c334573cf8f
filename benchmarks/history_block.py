"""Time and memory of the history block with 200,000 users, 100,000 items, 10M pairs: python -m
benchmarks.history_block

Takes a minute or two on two idle cores, and less with ``python -m benchmarks.history_block 20000 10000 1000000``.
"""

import resource
import sys
import time

import numpy as np

from containers.extract.data.item_sets import ItemSets
from containers.extract.model.history import History
from containers.feature_space import SideFeatures
from contract import run_plan, run_request

_SIZES = (200_000, 100_000, 10_000_000)


def main(users: int, items: int, pairs: int) -> None:
    """Generate pairs with a long tail, decompose them, and compute every user's row."""
    sets = _drawn(users, items, pairs)
    rank = run_plan.history_rank(run_request.parse({}), {"users": users, "items": items})  # type: ignore[typeddict-item]
    before, started = _peak(), time.perf_counter()
    history = History(sets, np.bincount(sets.items, minlength=items), rank, SideFeatures.none(items))
    rows = history.rows(exponent=0.0, ridge=0.3)
    print(f"{users:,} users, {items:,} items, {len(sets.items):,} pairs, rank {rank}")
    print(f"decomposition {time.perf_counter() - started:.1f} s, {_peak() - before:.2f} GB in addition to the pairs")
    started = time.perf_counter()
    for first in range(0, users, run_plan.USERS_PER_PART):
        history.of_users(rows, np.arange(first, min(first + run_plan.USERS_PER_PART, users)))
    print(f"rows of all users {time.perf_counter() - started:.1f} s")


def _drawn(users: int, items: int, pairs: int) -> ItemSets:
    draw = np.random.default_rng(3)
    # Squares of uniform numbers: the first tenth of the items gets a third of the pairs.
    codes = np.unique(draw.integers(users, size=pairs) * items + (draw.random(pairs) ** 2 * items).astype(np.int64))
    return ItemSets(np.searchsorted(codes // items, np.arange(users + 1)), (codes % items).astype(np.int32))


def _peak() -> float:
    """The peak memory of this process in gigabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main(*([int(size) for size in sys.argv[1:]] or _SIZES))
