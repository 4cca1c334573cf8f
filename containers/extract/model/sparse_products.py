"""Products of the users' 0/1 item sets with dense matrices, compiled; results do not depend on the number of
threads.

Threads divide columns or users, never a sum: every number is summed by one thread, in the order of the data.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets, Labels

# Columns that a thread processes for all users at a time: their sums stay in the processor's L1 cache, and this many
# items' sums in the L2 cache.
_COLUMNS = 16

Matrix = NDArray[np.float64]


def gram_times(sets: ItemSets, right: Matrix) -> Matrix:
    """XᵀX ``right`` for the 0/1 matrix X of users by items, without an array of users by columns: (items, columns).

    Args:
        right: (items, columns).
    """
    items, columns = right.shape
    padded = -(-columns // _COLUMNS) * _COLUMNS
    # Each thread's columns are contiguous.
    panels = np.zeros((padded // _COLUMNS, items, _COLUMNS))
    for panel in range(len(panels)):
        part = right[:, panel * _COLUMNS : (panel + 1) * _COLUMNS]
        panels[panel, :, : part.shape[1]] = part
    sums = np.zeros_like(panels)
    _gram_times(sets.starts, sets.items, panels, sums)
    return np.ascontiguousarray(sums.transpose(1, 0, 2).reshape(items, padded)[:, :columns])


def gram(sets: ItemSets, items: int, weights: NDArray[np.float64]) -> Matrix:
    """Xᵀ diag(``weights``) X, (items, items): for two items, the total weight of the users who have had both.

    Args:
        weights: (users,).
    """
    found = np.zeros((items, items))
    _gram(sets.starts, sets.items, weights, found)
    return found


def sums_of_rows(sets: ItemSets, rows: NDArray[np.floating]) -> Matrix:
    """X ``rows``: for each user, the sum of the rows of its items: (users, columns)."""
    sums = np.zeros((len(sets), rows.shape[1]))
    _sums_of_rows(sets.starts, sets.items, rows, sums)
    return sums


@numba.njit(cache=True, parallel=True)  # type: ignore[untyped-decorator]
def _gram_times(
    starts: NDArray[np.int64], items: Labels, panels: NDArray[np.float64], sums: NDArray[np.float64]
) -> None:
    for panel in numba.prange(len(panels)):
        right, result = panels[panel], sums[panel]
        own = np.empty(_COLUMNS)
        for user in range(len(starts) - 1):
            own[:] = 0
            for entry in range(starts[user], starts[user + 1]):
                item = items[entry]
                for column in range(_COLUMNS):
                    own[column] += right[item, column]
            for entry in range(starts[user], starts[user + 1]):
                item = items[entry]
                for column in range(_COLUMNS):
                    result[item, column] += own[column]


# Enough strips of rows to keep any number of threads busy.
_STRIPS = 64


@numba.njit(cache=True, parallel=True)  # type: ignore[untyped-decorator]
def _gram(starts: NDArray[np.int64], items: Labels, weights: NDArray[np.float64], found: Matrix) -> None:
    count = len(found)
    for strip in numba.prange(_STRIPS):
        first, last = strip * count // _STRIPS, (strip + 1) * count // _STRIPS
        for user in range(len(starts) - 1):
            for entry in range(starts[user], starts[user + 1]):
                row = items[entry]
                if first <= row < last:
                    for other in range(starts[user], starts[user + 1]):
                        found[row, items[other]] += weights[user]


@numba.njit(cache=True, parallel=True)  # type: ignore[untyped-decorator]
def _sums_of_rows(starts: NDArray[np.int64], items: Labels, rows: NDArray[np.floating], sums: Matrix) -> None:
    for user in numba.prange(len(starts) - 1):
        for entry in range(starts[user], starts[user + 1]):
            for column in range(rows.shape[1]):
                sums[user, column] += rows[items[entry], column]
