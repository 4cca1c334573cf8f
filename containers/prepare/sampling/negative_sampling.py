"""Samples items that a user has not seen, with a probability proportional to a power of their popularity."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from containers.prepare.indexing.pairs import GroupedPairs
from contract.run_plan import NEGATIVE_EXPONENT

# Below this share of unseen weight it is cheaper to list the unseen items than to sample until one is unseen.
_LEAST_ACCEPTANCE = 0.125


@dataclass(frozen=True)
class NegativeSampler:
    """Samples items for each user from all items, weighted, except the ``seen`` ones.

    weights float64[items] (0: never sampled), threshold float64[items] and alias int32[items] (Walker's tables), bounds
    and seen: each user's excluded items, ascending.
    """

    weights: NDArray[np.float64]
    threshold: NDArray[np.float64]
    alias: NDArray[np.int32]
    bounds: NDArray[np.int64]
    seen: NDArray[np.int32]

    @classmethod
    def over(cls, popularity: NDArray[np.integer], excluded: GroupedPairs) -> "NegativeSampler":
        """A sampler with weights popularity^NEGATIVE_EXPONENT. An item with popularity 0 is never sampled."""
        weights = np.where(popularity > 0, popularity.astype(np.float64) ** NEGATIVE_EXPONENT, 0.0)
        threshold, alias = _alias_tables(weights)
        return cls(weights, threshold, alias, excluded.bounds, excluded.sorted_items())

    def has_unseen(self) -> NDArray[np.bool_]:
        """bool[users]: whether there is an item left to sample for the user."""
        drawable = np.concatenate(([0], np.cumsum(self.weights[self.seen] > 0)))
        return np.asarray(np.diff(drawable[self.bounds]) < np.count_nonzero(self.weights))

    def draw(self, first: int, counts: NDArray[np.int64], stream: int) -> NDArray[np.int32]:
        """counts[n] items for each of the users first to first + n - 1, one after another, with replacement.

        Args:
            counts: 0 for a user who has seen everything.
            stream: the seed; a user's samples do not depend on other users, on blocks or on threads.
        """
        starts = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        drawn = np.empty(starts[-1], dtype=np.int32)
        _draw(self.weights, self.threshold, self.alias, self.bounds, self.seen, first, starts, np.uint64(stream), drawn)
        return drawn


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _alias_tables(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Walker's tables by Vose's algorithm ("A linear algorithm for generating random numbers", 1991)."""
    n = len(weights)
    threshold = weights * (n / weights.sum())
    alias = np.arange(n).astype(np.int32)
    small = np.empty(n, dtype=np.int64)
    large = np.empty(n, dtype=np.int64)
    smalls = larges = 0
    for item in range(n):
        if threshold[item] < 1.0:
            small[smalls] = item
            smalls += 1
        else:
            large[larges] = item
            larges += 1
    while smalls and larges:
        smalls -= 1
        less = small[smalls]
        more = large[larges - 1]
        alias[less] = more
        threshold[more] -= 1.0 - threshold[less]
        if threshold[more] < 1.0:
            larges -= 1
            small[smalls] = more
            smalls += 1
    # What remains differs from 1 only by rounding, unless it is an item with weight 0.
    heaviest = np.argmax(weights)
    for k in range(larges):
        threshold[large[k]] = 1.0
    for k in range(smalls):
        if weights[small[k]] > 0.0:
            threshold[small[k]] = 1.0
        else:
            alias[small[k]] = heaviest
    return threshold, alias


@numba.njit(inline="always")  # type: ignore[untyped-decorator]
def _mixed(state: np.uint64) -> np.uint64:
    """SplitMix64's output function (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@numba.njit(inline="always")  # type: ignore[untyped-decorator]
def _uniform(state: np.uint64) -> float:
    """A float in [0, 1) of a SplitMix64 state."""
    return float(_mixed(state) >> np.uint64(11)) * 2.0**-53


@numba.njit(inline="always")  # type: ignore[untyped-decorator]
def _first_not_below(ascending: NDArray[np.generic], beyond: int, value: float) -> int:
    """The first position in ``ascending[:beyond]`` whose value is not below ``value``, or ``beyond``.

    Implemented here because np.searchsorted takes numba seconds to compile.
    """
    first = 0
    while first < beyond:
        middle = (first + beyond) >> 1
        if ascending[middle] < value:
            first = middle + 1
        else:
            beyond = middle
    return first


@numba.njit(parallel=True, cache=True)  # type: ignore[untyped-decorator]
def _draw(  # noqa: PLR0917 - a compiled function takes plain arrays, by position
    weights: NDArray[np.float64],
    threshold: NDArray[np.float64],
    alias: NDArray[np.int32],
    bounds: NDArray[np.int64],
    all_seen: NDArray[np.int32],
    first: int,
    starts: NDArray[np.int64],
    stream: np.uint64,
    drawn: NDArray[np.int32],
) -> None:
    step = np.uint64(0x9E3779B97F4A7C15)
    total = weights.sum()
    for n in numba.prange(len(starts) - 1):
        out = drawn[starts[n] : starts[n + 1]]
        seen = all_seen[bounds[first + n] : bounds[first + n + 1]]
        state = _mixed(stream + step * np.uint64(first + n + 1))
        unseen_weight = total
        for item in seen:
            unseen_weight -= weights[item]
        if unseen_weight < _LEAST_ACCEPTANCE * total:
            _draw_listed(weights, seen, state, out)
        else:
            k = 0
            while k < len(out):
                state += step
                column = int(_uniform(state) * len(weights))
                state += step
                item = column if _uniform(state) < threshold[column] else alias[column]
                place = _first_not_below(seen, len(seen), item)
                if place == len(seen) or seen[place] != item:
                    out[k] = item
                    k += 1


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _draw_listed(
    weights: NDArray[np.float64], seen: NDArray[np.int32], state: np.uint64, out: NDArray[np.int32]
) -> None:
    """Sample from a list of the unseen items, for users who have seen nearly everything."""
    if len(out) == 0:
        return
    unseen = np.empty(len(weights), dtype=np.int32)
    reach = np.empty(len(weights), dtype=np.float64)
    count = 0
    place = 0
    total = 0.0
    for item in range(len(weights)):
        if place < len(seen) and seen[place] == item:
            place += 1
        elif weights[item] > 0.0:
            total += weights[item]
            unseen[count] = item
            reach[count] = total
            count += 1
    step = np.uint64(0x9E3779B97F4A7C15)
    for k in range(len(out)):
        state += step
        out[k] = unseen[_first_not_below(reach, count - 1, _uniform(state) * total)]
