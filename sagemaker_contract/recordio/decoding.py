"""Decodes recordIO-protobuf to arrays, and rejects inconsistent data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sagemaker_contract.recordio.framing import CorruptRecord, frame_starts
from sagemaker_contract.recordio.messages import read_messages
from sagemaker_contract.recordio.protobuf import FAULTS


@dataclass(frozen=True)
class SparseRecords:
    """Rows of a CSR matrix with ``shape`` columns (0 if there are no rows)."""

    indptr: NDArray[np.int64]  # [n + 1]
    keys: NDArray[np.int64]  # [nnz]
    values: NDArray[np.float32]  # [nnz]
    shape: int
    labels: NDArray[np.float32] | None  # [n]


@dataclass(frozen=True)
class DenseRecords:
    """Rows of a dense matrix; d is 0 if there are no rows."""

    rows: NDArray[np.float32]  # [n, d]
    labels: NDArray[np.float32] | None  # [n]


@dataclass(frozen=True)
class _Messages:
    """The tensors of all records in sequence; record r's begin at ..._ptr[r]."""

    starts: NDArray[np.int64]
    values: NDArray[np.float32]
    value_ptr: NDArray[np.int64]
    keys: NDArray[np.int64]
    key_ptr: NDArray[np.int64]
    shapes: NDArray[np.int64]
    shape_ptr: NDArray[np.int64]
    labels: NDArray[np.float32] | None

    def refuse_first(self, faulty: NDArray[np.bool_], fault: str) -> None:
        """Raise CorruptRecord for the first record that ``faulty`` marks, with its counts in ``fault``."""
        if not faulty.any():
            return
        record = int(np.argmax(faulty))
        counts = {
            "values": int(np.diff(self.value_ptr)[record]),
            "keys": int(np.diff(self.key_ptr)[record]),
            "shape": self.shapes[self.shape_ptr[record] : self.shape_ptr[record + 1]].tolist(),
        }
        raise CorruptRecord(record, int(self.starts[record]), fault.format(**counts))


def read_sparse(data: bytes) -> SparseRecords:
    """The sparse records of a recordIO-protobuf file, from Int32, Float32 or Float64 tensors.

    Raises:
        CorruptRecord: if the data is truncated or malformed, a record is dense, has no shape or another one than the
            first, has a key outside it, or only some records have labels.
    """
    messages = _messages(data)
    n_values, n_keys = np.diff(messages.value_ptr), np.diff(messages.key_ptr)
    messages.refuse_first(
        (n_keys == 0) & (n_values > 0), "a dense record ({values} values, no keys) where a sparse one is expected"
    )
    messages.refuse_first(n_keys != n_values, "{keys} keys for {values} values; there must be as many")
    messages.refuse_first(
        np.diff(messages.shape_ptr) != 1, "a sparse record must carry its shape, the number of columns; got {shape}"
    )
    shape = int(messages.shapes[0]) if messages.shapes.size else 0
    messages.refuse_first(
        (messages.shapes != shape) | (messages.shapes <= 0),
        f"shape {{shape}}; every record must have the first one's, {shape}, and at least 1",
    )
    outside = np.flatnonzero((messages.keys < 0) | (messages.keys >= shape))
    if outside.size:
        record = int(np.searchsorted(messages.key_ptr, outside[0], side="right")) - 1
        key = int(messages.keys[outside[0]]) % 2**64
        raise CorruptRecord(record, int(messages.starts[record]), f"keys must be 0..{shape - 1}, got {key}")
    return SparseRecords(messages.value_ptr, messages.keys, messages.values, shape, messages.labels)


def read_dense(data: bytes) -> DenseRecords:
    """The dense records of a recordIO-protobuf file, from Int32, Float32 or Float64 tensors.

    Raises:
        CorruptRecord: if the data is truncated or malformed, a record is sparse, does not have the width of the first,
            or only some records have labels.
    """
    messages = _messages(data)
    n_values = np.diff(messages.value_ptr)
    width = int(n_values[0]) if n_values.size else 0
    messages.refuse_first(np.diff(messages.key_ptr) > 0, "a sparse record ({keys} keys) where a dense one is expected")
    messages.refuse_first(n_values != width, f"{{values}} values where the first record has {width}")
    shaped = np.diff(messages.shape_ptr)
    wrong = shaped > 1
    wrong[shaped == 1] = messages.shapes[messages.shape_ptr[:-1][shaped == 1]] != width
    messages.refuse_first(wrong, "shape {shape} for {values} values")
    return DenseRecords(messages.values.reshape(n_values.size, width), messages.labels)


def is_sparse(data: bytes) -> bool:
    """Whether the first record is sparse (it has keys, or a shape and no values); False if there is none.

    Raises:
        CorruptRecord: if the first record is truncated or malformed.
    """
    length = int.from_bytes(data[4:8], "little")
    first = _messages(data[: 8 + (length + 3) // 4 * 4])
    return bool(first.keys.size or (first.shapes.size and not first.values.size))


def _messages(data: bytes) -> _Messages:
    starts = frame_starts(data)
    features, feature_ends, label, label_ends, fault, record = read_messages(np.frombuffer(data, np.uint8), starts)
    if fault:
        raise CorruptRecord(record, int(starts[record]), FAULTS[fault])
    n_values, n_keys, n_shapes = feature_ends[-1] if len(feature_ends) else np.zeros(3, np.int64)
    n_labels = int(label.counts[0])
    messages = _Messages(
        starts=starts,
        values=features.values[:n_values],
        value_ptr=_pointers(feature_ends[:, 0]),
        keys=features.keys[:n_keys],
        key_ptr=_pointers(feature_ends[:, 1]),
        shapes=features.shape[:n_shapes],
        shape_ptr=_pointers(feature_ends[:, 2]),
        labels=label.values[:n_labels] if n_labels else None,
    )
    labels = np.diff(_pointers(label_ends[:, 0]))
    messages.refuse_first(labels > 1, "the label must be one number")
    messages.refuse_first((labels == 0) & (n_labels > 0), "no label, and other records have one")
    return messages


def _pointers(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), ends])
