"""Exact ranking by inner product, of many users over the whole catalogue, in bounded memory."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.model.parameters import Floats

NO_ITEM = -1
# The scores of a block of users: small enough for any instance, large enough for BLAS to run at full speed.
_BLOCK_BYTES = 32 * 2**20
# This many times a limited list's length is ranked before the whole catalogue is.
_FIRST_DEPTH = 5


@dataclass(frozen=True)
class Ranking:
    """Each user's best items, best first: labels (users, count), scores (users, count).

    A list shorter than ``count`` is padded with ``NO_ITEM``.
    """

    labels: Labels
    scores: Floats

    def of(self, row: int) -> tuple[list[int], list[float]]:
        """One user's labels and scores, without the padding. Nine digits represent a float32 exactly."""
        length = int(np.count_nonzero(self.labels[row] != NO_ITEM))
        scores = [float(f"{score:.9g}") for score in self.scores[row, :length].tolist()]
        return self.labels[row, :length].tolist(), scores


@dataclass(frozen=True)
class CategoryLimit:
    """A list may have at most ``most`` items of each category; an item with several counts in each, one without in
    none.

    The categories of item n, numbered from 0, are ``categories.of(n)``; there are ``count`` of them.
    """

    most: int
    categories: ItemSets
    count: int


def rank(
    user_rows: Floats,
    item_rows: Floats,
    excluded: ItemSets,
    count: int,
    *,
    servable: NDArray[np.bool_] | None = None,
    limit: CategoryLimit | None = None,
) -> Ranking:
    """The ``count`` items with the largest inner product for each user; ties are ordered by index.

    Args:
        user_rows: (users, d).
        item_rows: (items, d).
        excluded: the items to leave out of each user's list.
        count: maximum length of a list.
        servable: (items,) which items lists may contain; by default all.
        limit: an item that would exceed it is skipped, and the next one takes its place.
    """
    users, items = len(user_rows), len(item_rows)
    if len(excluded) != users:
        raise ValueError(f"excluded must have a set for each of the {users} users, got {len(excluded)}")
    labels = np.full((users, count), NO_ITEM, dtype=np.int32)
    scores = np.full((users, count), -np.inf, dtype=np.float32)
    block = max(1, _BLOCK_BYTES // (4 * items))
    for first in range(0, users, block):
        last = min(first + block, users)
        products = user_rows[first:last] @ item_rows.T
        sets = excluded.between(first, last)
        products[sets.owners(), sets.items] = -np.inf
        if servable is not None:
            products[:, ~servable] = -np.inf
        best(products, labels[first:last], scores[first:last], limit)
    return Ranking(labels, scores)


def best(products: Floats, labels: Labels, scores: Floats, limit: CategoryLimit | None) -> None:
    """Fill ``labels`` and ``scores`` (users, count), best first, from ``products`` (users, items).

    Items that lists may not contain must be -inf in it; ``labels`` must be filled with ``NO_ITEM``, ``scores`` with
    -inf.
    """
    if limit is None:
        _select(products, labels, scores)
        return
    # How deep to look for a list is known only at its end: nearly all end early, and the others look at everything.
    items, count = products.shape[1], labels.shape[1]
    _select_limited(products, labels, scores, limit, depth=min(items, _FIRST_DEPTH * count))
    short = np.flatnonzero(labels[:, -1] == NO_ITEM)
    if _FIRST_DEPTH * count < items and len(short):
        longer = (
            np.full((len(short), count), NO_ITEM, dtype=np.int32),
            np.full((len(short), count), -np.inf, np.float32),
        )
        _select_limited(products[short], *longer, limit, depth=items)
        labels[short], scores[short] = longer


def _select_limited(products: Floats, labels: Labels, scores: Floats, limit: CategoryLimit, *, depth: int) -> None:
    """Like ``_select``, from the ``depth`` best items of each row, without those that exceed the limit."""
    ranked = (
        np.full((len(products), depth), NO_ITEM, dtype=np.int32),
        np.full((len(products), depth), -np.inf, np.float32),
    )
    _select(products, *ranked)
    room = np.full(limit.count, limit.most, dtype=np.int64)
    _pass_over((limit.categories.starts, limit.categories.items), room, ranked, (labels, scores))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _below(scores: Floats, labels: Labels, one: int, other: int) -> bool:
    """Whether entry ``one`` ranks below entry ``other``."""
    if scores[one] != scores[other]:
        return bool(scores[one] < scores[other])
    return bool(labels[one] > labels[other])


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _sift_down(scores: Floats, labels: Labels, start: int, size: int) -> None:
    """Restore the heap below the entry ``start``. The root is the entry that ranks lowest."""
    node = start
    while True:
        child = 2 * node + 1
        if child >= size:
            return
        if child + 1 < size and _below(scores, labels, child + 1, child):
            child += 1
        if not _below(scores, labels, child, node):
            return
        scores[node], scores[child] = scores[child], scores[node]
        labels[node], labels[child] = labels[child], labels[node]
        node = child


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _heapify(scores: Floats, labels: Labels, size: int) -> None:
    for node in range(size // 2 - 1, -1, -1):
        _sift_down(scores, labels, node, size)


@numba.njit(cache=True, parallel=True)  # type: ignore[untyped-decorator]
def _select(products: Floats, labels: Labels, scores: Floats) -> None:
    """Fill ``labels`` and ``scores`` (users, count), best first, from ``products`` (users, items).

    Uses a heap of the best so far: nearly every product is below its root, and costs only one comparison.
    """
    count = labels.shape[1]
    for row in numba.prange(products.shape[0]):
        best, chosen, size = scores[row], labels[row], 0
        for item in range(products.shape[1]):
            product = products[row, item]
            if product == -np.inf:
                continue
            if size < count:
                best[size], chosen[size] = product, item
                size += 1
                if size == count:
                    _heapify(best, chosen, count)
            elif product > best[0]:  # an equal one has a higher index, and ranks below
                best[0], chosen[0] = product, item
                _sift_down(best, chosen, 0, count)
        _heapify(best, chosen, size)  # changes nothing if it is a heap already; needed for a list that never got full
        for end in range(size - 1, 0, -1):  # heap sort: the entry that ranks lowest goes to the end
            best[0], best[end] = best[end], best[0]
            chosen[0], chosen[end] = chosen[end], chosen[0]
            _sift_down(best, chosen, 0, end)


@numba.njit(cache=True, parallel=True)  # type: ignore[untyped-decorator]
def _pass_over(
    sets: tuple[NDArray[np.int64], Labels],
    room: NDArray[np.int64],
    ranked: tuple[Labels, Floats],
    kept: tuple[Labels, Floats],
) -> None:
    """Copy labels and scores from ``ranked`` to ``kept``, except items with a category that is full.

    Item n's categories are categories[starts[n]:starts[n + 1]] of ``sets``, (starts, categories).
    """
    starts, categories = sets
    count = kept[0].shape[1]
    for row in numba.prange(len(ranked[0])):
        left = room.copy()
        size = 0
        for place in range(ranked[0].shape[1]):
            item = ranked[0][row, place]
            if size == count or item == NO_ITEM:
                break
            full = False
            for entry in range(starts[item], starts[item + 1]):
                full = full or left[categories[entry]] == 0
            if full:
                continue
            for entry in range(starts[item], starts[item + 1]):
                left[categories[entry]] -= 1
            kept[0][row, size] = item
            kept[1][row, size] = ranked[1][row, place]
            size += 1
