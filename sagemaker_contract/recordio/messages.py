"""The messages of a whole file: record after record, into arrays that grow.

numba compiles functions of protobuf.py into these, and does not notice if only that file changes: after such a change,
delete its cache where tests run (``__pycache__/*.nb*``). Jobs have a cache for each state of the sources
(local_aws/places.py).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sagemaker_contract.recordio.protobuf import KEYS, SHAPE, VALUES, Tensors, read_record
from sagemaker_contract.recordio.repeated_layouts import empty_layouts, is_known, learn, read_alike


@njit(cache=True, nogil=True)
def _roomy(array, size):  # type: ignore[no-untyped-def]
    """``array``, or a copy at least twice as large if ``size`` elements do not fit."""
    if size <= array.size:
        return array
    larger = np.empty(max(size, 2 * array.size), array.dtype)
    larger[: array.size] = array
    return larger


@njit(cache=True, nogil=True)
def _with_room(tensors, length):  # type: ignore[no-untyped-def]
    """The tensors with room for the content of ``length`` more bytes: every number takes at least a byte."""
    values, keys, shape, counts = tensors
    return Tensors(
        _roomy(values, counts[VALUES] + length),
        _roomy(keys, counts[KEYS] + length),
        _roomy(shape, counts[SHAPE] + length),
        counts,
    )


@njit(cache=True, nogil=True)
def _read_unlike(data, starts, record, layouts, features, feature_ends, label, label_ends):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Read from ``record`` on while the layout is unknown and there is room: (next record, its length, 0 or its
    error).
    """
    first = record
    while record < starts.size - 1:
        at = starts[record] + 8
        length = np.int64(0)
        for place in range(4):
            length |= np.int64(data[at - 4 + place]) << (8 * place)
        if record > first and is_known(layouts, length):
            return record, np.int64(0), 0
        if min(_room(features), _room(label)) < length:
            return record, length, 0
        fault = read_record(data, at, at + length, features, label)
        if fault < 0:
            return record, length, fault
        for field in range(3):
            feature_ends[record, field] = features.counts[field]
            label_ends[record, field] = label.counts[field]
        learn(data, at, at + length, layouts)
        record += 1
    return record, np.int64(0), 0


@njit(cache=True, nogil=True)
def _room(tensors):  # type: ignore[no-untyped-def]
    """How many more numbers of each kind fit."""
    counts = tensors.counts
    return min(
        tensors.values.size - counts[VALUES], tensors.keys.size - counts[KEYS], tensors.shape.size - counts[SHAPE]
    )


@njit(cache=True, nogil=True)
def _empty_tensors(values, others):  # type: ignore[no-untyped-def]
    return Tensors(
        np.empty(values, np.float32), np.empty(others, np.int64), np.empty(others, np.int64), np.zeros(3, np.int64)
    )


def read_messages(
    data: NDArray[np.uint8], starts: NDArray[np.int64]
) -> tuple[Tensors, NDArray[np.int64], Tensors, NDArray[np.int64], int, int]:
    """Every record's features and label.

    Args:
        data: uint8, a file's bytes.
        starts: int64 [n + 1], the start of each frame, and the end of the file.

    Returns:
        (features, feature_ends, label, label_ends, fault, record): record r's numbers are in ``features`` before
        feature_ends[r] (int64 [n, 3], in the order values, keys, shape), likewise its label's; ``fault`` is 0, or a
        code of ``FAULTS``, and then ``record`` is the record with the error.
    """
    count = starts.size - 1
    # There are at most as many float32 numbers as fit into the file, and memory that is never written costs nothing.
    # There is room for two keys for each record and a few more: their number is known only after reading.
    features, label = _empty_tensors(max(2 * count, data.size // 4), 2 * count + 64), _empty_tensors(count, count)
    feature_ends, label_ends = np.zeros((count, 3), np.int64), np.zeros((count, 3), np.int64)
    layouts = empty_layouts()
    record, fault = 0, 0
    # Two compiled functions, because LLVM generates slow code for the copying if both are in one loop.
    while record < count and fault == 0:
        record = read_alike(data, starts, record, layouts, features, feature_ends, label, label_ends)
        if record < count:
            record, length, fault = _read_unlike(
                data, starts, record, layouts, features, feature_ends, label, label_ends
            )
            features, label = _with_room(features, length), _with_room(label, length)
    return features, feature_ends, label, label_ends, fault, record
