"""Mini-batches, with each one's entries grouped by feature.

Records keep their order, so a batch is the same in every epoch. A group is updated by a single thread, in the order of
its entries: this needs no locks, and gives the same result with any number of threads.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from local_aws.algorithms.factorization_machines.samples import Samples


class Batches(NamedTuple):
    """Batch b's groups begin at batch_ptr[b] and end before batch_ptr[b + 1]; a group's entries are delimited by starts
    in the same way.
    """

    size: int  # rows of a batch; the last may be shorter
    batch_ptr: NDArray[np.int64]  # [batches + 1]
    features: NDArray[np.int32]  # [groups], ascending within a batch
    starts: NDArray[np.int64]  # [groups + 1]
    rows: NDArray[np.int32]  # [nnz], the entry's row within its batch
    values: NDArray[np.float32]  # [nnz]


class Chunk(NamedTuple):
    """Consecutive samples, and their batches.

    ``scores`` are the samples' raw scores, each from before its batch's latest update.
    """

    samples: Samples
    grouped: Batches
    scores: NDArray[np.float32]  # [n]

    @classmethod
    def of(cls, samples: Samples, size: int) -> "Chunk":
        """The samples in batches of ``size`` rows."""
        return cls(samples, group_by_feature(samples, size), np.empty(samples.labels.size, np.float32))

    @property
    def batches(self) -> int:
        """The number of batches; the last may be shorter."""
        return self.grouped.batch_ptr.size - 1


def group_by_feature(samples: Samples, size: int) -> Batches:
    """The consecutive batches of ``size`` rows in ``samples``."""
    count = -(-samples.labels.size // size)
    order = np.empty(samples.keys.size, np.int32)
    rows = np.empty(samples.keys.size, np.int32)
    values = np.empty(samples.keys.size, np.float32)
    groups = np.zeros(count + 1, np.int64)
    _sort_batches(samples.indptr, samples.keys, samples.values, size, order, rows, values, groups[1:])
    batch_ptr = np.cumsum(groups)
    features = np.empty(batch_ptr[-1], np.int32)
    starts = np.empty(batch_ptr[-1] + 1, np.int64)
    starts[-1] = samples.keys.size
    _mark_groups(samples.indptr, order, size, batch_ptr, features, starts)
    return Batches(size, batch_ptr, features, starts, rows, values)


@njit(cache=True, nogil=True)
def _sort_batches(indptr, keys, entry_values, size, sorted_keys, rows, values, groups):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Each batch's entries sorted by feature, then by row; and the number of features."""
    for batch in range(groups.size):
        first = batch * size
        last = min(first + size, indptr.size - 1)
        begin, end = indptr[first], indptr[last]
        order = np.argsort(keys[begin:end], kind="mergesort")
        row_of = np.empty(end - begin, np.int32)
        for row in range(first, last):
            row_of[indptr[row] - begin : indptr[row + 1] - begin] = row - first
        previous = np.int32(-1)
        count = 0
        for place in range(end - begin):
            entry = order[place]
            feature = keys[begin + entry]
            sorted_keys[begin + place] = feature
            rows[begin + place] = row_of[entry]
            values[begin + place] = entry_values[begin + entry]
            if feature != previous:
                count += 1
                previous = feature
        groups[batch] = count


@njit(cache=True, nogil=True)
def _mark_groups(indptr, sorted_keys, size, batch_ptr, features, starts):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    for batch in range(batch_ptr.size - 1):
        group = batch_ptr[batch]
        previous = np.int32(-1)
        for entry in range(indptr[batch * size], indptr[min((batch + 1) * size, indptr.size - 1)]):
            if sorted_keys[entry] != previous:
                previous = sorted_keys[entry]
                features[group] = previous
                starts[group] = entry
                group += 1
