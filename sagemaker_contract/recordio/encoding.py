"""Encodes arrays as recordIO-protobuf, byte for byte as ``sagemaker`` 2.x writes them."""

import struct
from typing import IO

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sagemaker_contract.recordio_frame import MAGIC

# A chunk's buffer stays in the processor's cache and is reused for the next chunk.
_CHUNK_ROWS = 16_384
_CHUNK_KEYS = 262_144
_CHUNK_BYTES = 1 << 20
# The maximum size of a row without its keys and values: every length is a varint of five bytes.
_ROW_BYTES = 96
_KEY_BYTES = 10 + 4
# Key of a map entry: "values".
_NAME = np.frombuffer(b"\x0a\x06values", np.uint8)
# Field 2 (label) of a record: map entry "values" -> Value.float32_tensor -> values of 4 bytes, which follow.
_LABEL = np.frombuffer(bytes.fromhex("1212 0a0676616c756573 1208 1206 0a04"), np.uint8)


def write_sparse(  # noqa: PLR0917 - a CSR matrix is three arrays and a width
    stream: IO[bytes],
    indptr: NDArray[np.int64],
    keys: NDArray[np.uint64] | NDArray[np.int64],
    values: NDArray[np.float32],
    shape: int,
    labels: NDArray[np.float32] | None,
) -> None:
    """Append one sparse Float32 record for each row of a CSR matrix.

    Args:
        stream: receives whole records, some thousands in a call.
        indptr: int64 [n + 1]; row r has the entries indptr[r] .. indptr[r + 1] - 1.
        keys: integers [nnz], the columns, 0 .. shape - 1, in any order.
        values: float32 [nnz].
        shape: number of columns.
        labels: float32 [n], or None for records without a label.

    Raises:
        ValueError: if the arrays do not match.
    """
    indptr = np.ascontiguousarray(indptr, np.int64)
    values = _float32("values", values)
    _check_sparse(indptr, keys, values, shape)
    whole_keys = np.ascontiguousarray(keys).view(np.uint64)
    given = _labels(labels, indptr.size - 1)
    octets = values.view(np.uint8)
    label_octets = given.view(np.uint8)
    buffer = np.empty(0, np.uint8)
    first, rows = 0, indptr.size - 1
    while first < rows:
        last = min(
            first + _CHUNK_ROWS, int(np.searchsorted(indptr, indptr[first] + _CHUNK_KEYS, side="right")) - 1, rows
        )
        last = max(last, first + 1)
        bound = (last - first) * _ROW_BYTES + int(indptr[last] - indptr[first]) * _KEY_BYTES
        if buffer.size < bound:
            buffer = np.empty(bound, np.uint8)
        size = _encode_rows(buffer, first, last, indptr, whole_keys, octets, shape, label_octets)
        stream.write(buffer[:size].data)
        first = last


def write_dense(stream: IO[bytes], rows: NDArray[np.float32], labels: NDArray[np.float32] | None) -> None:
    """Append one dense Float32 record for each row.

    Args:
        stream: receives whole records, about a megabyte in a call.
        rows: float32 [n, d].
        labels: float32 [n], or None for records without a label.

    Raises:
        ValueError: if the arrays do not match.
    """
    if rows.ndim != 2:
        raise ValueError(f"rows must have two dimensions [n, d], got {rows.ndim}")
    rows = _float32("rows", rows)
    given = _labels(labels, len(rows))
    width = 4 * rows.shape[1]
    head = _dense_head(width, labelled=labels is not None)
    tail = len(head) + width
    label_at = tail + _LABEL.size
    size = label_at + 4 if labels is not None else tail
    # All records have the same length, so a chunk is a matrix of bytes with some constant columns.
    chunk = max(1, _CHUNK_BYTES // size)
    frames = np.zeros((min(chunk, len(rows)), -(-size // 4) * 4), np.uint8)
    frames[:, : len(head)] = np.frombuffer(head, np.uint8)
    if labels is not None:
        frames[:, tail:label_at] = _LABEL
    for first in range(0, len(rows), chunk):
        part = rows[first : first + chunk]
        frames[: len(part), len(head) : tail] = part.view(np.uint8).reshape(len(part), width)
        if labels is not None:
            frames[: len(part), label_at:size] = given[first : first + chunk].view(np.uint8).reshape(-1, 4)
        stream.write(frames[: len(part)].data)


def _dense_head(width: int, *, labelled: bool) -> bytes:
    """A dense record's frame and message up to the first value; ``width`` is the length of its values in bytes."""
    packed = b"\x0a" + _varint(width) if width else b""
    tensor = b"\x12" + _varint(len(packed) + width) + packed
    entry = _NAME.tobytes() + b"\x12" + _varint(len(tensor) + width) + tensor
    message = b"\x0a" + _varint(len(entry) + width) + entry
    length = len(message) + width + (_LABEL.size + 4 if labelled else 0)
    return struct.pack("<II", MAGIC, length) + message


def _varint(number: int) -> bytes:
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)


def _float32(name: str, array: NDArray[np.float32]) -> NDArray[np.float32]:
    if array.dtype != np.float32:
        raise ValueError(f"{name} must be float32, got {array.dtype}: convert them with astype(numpy.float32)")
    return np.ascontiguousarray(array)


def _labels(labels: NDArray[np.float32] | None, rows: int) -> NDArray[np.float32]:
    if labels is None:
        return np.empty(0, np.float32)
    if labels.shape != (rows,):
        raise ValueError(f"labels must be one for each of the {rows} rows, got shape {labels.shape}")
    return _float32("labels", labels)


def _check_sparse(
    indptr: NDArray[np.int64], keys: NDArray[np.generic], values: NDArray[np.float32], shape: int
) -> None:
    if indptr.ndim != 1 or not indptr.size or indptr[0] != 0 or np.any(np.diff(indptr) < 0):
        raise ValueError("indptr must begin with 0 and never fall: it holds where each row's entries begin and end")
    if not keys.shape == values.shape == (indptr[-1],):
        raise ValueError(
            f"indptr ends with {indptr[-1]}, so there must be as many keys and values; "
            f"got shapes {keys.shape} and {values.shape}"
        )
    if keys.dtype not in (np.dtype(np.int64), np.dtype(np.uint64)):
        raise ValueError(f"keys must be int64 or uint64, got {keys.dtype}: convert them with astype(numpy.int64)")
    if not 0 < shape < 2**63:
        raise ValueError(f"shape, the number of columns, must be 1..2^63 - 1, got {shape}")
    # As an unsigned number, a negative key is larger than every shape.
    if keys.size and int(keys.view(np.uint64).max()) >= shape:
        raise ValueError(f"keys must be 0..{shape - 1} (shape is {shape}), got {keys.min()}..{keys.max()}")


@njit(cache=True, nogil=True)
def _varint_size(number):  # type: ignore[no-untyped-def]
    size = 1
    while number > np.uint64(0x7F):
        number >>= np.uint64(7)
        size += 1
    return size


@njit(cache=True, nogil=True)
def _put_varint(buffer, at, number):  # type: ignore[no-untyped-def]
    while number > np.uint64(0x7F):
        buffer[at] = np.uint8(number & np.uint64(0x7F)) | np.uint8(0x80)
        number >>= np.uint64(7)
        at += 1
    buffer[at] = np.uint8(number)
    return at + 1


@njit(cache=True, nogil=True)
def _put_field(buffer, at, tag, length):  # type: ignore[no-untyped-def]
    buffer[at] = tag
    return _put_varint(buffer, at + 1, np.uint64(length))


@njit(cache=True, nogil=True)
def _field_size(length):  # type: ignore[no-untyped-def]
    """The size of a length-delimited field whose content is ``length`` bytes."""
    return 1 + _varint_size(np.uint64(length)) + length


@njit(cache=True, nogil=True)
def _put_bytes(buffer, at, octets, start, stop):  # type: ignore[no-untyped-def]
    for place in range(stop - start):
        buffer[at + place] = octets[start + place]
    return at + stop - start


@njit(cache=True, nogil=True)
def _put_frame_header(buffer, at, length):  # type: ignore[no-untyped-def]
    buffer[at], buffer[at + 1], buffer[at + 2], buffer[at + 3] = 0x0A, 0x23, 0xD7, 0xCE
    for place in range(4):
        buffer[at + 4 + place] = np.uint8((length >> (8 * place)) & 0xFF)


@njit(cache=True, nogil=True)
def _encode_row(buffer, at, keys, values, start, stop, shape):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Write a record's features, the entries start..stop - 1; ``values`` are bytes. Returns their end."""
    shape_size = _varint_size(np.uint64(shape))
    keys_size = 0
    for entry in range(start, stop):
        keys_size += _varint_size(keys[entry])
    tensor = _field_size(shape_size)
    if stop > start:
        tensor += _field_size(4 * (stop - start)) + _field_size(keys_size)
    value = _field_size(tensor)

    at = _put_field(buffer, at, 0x0A, _NAME.size + _field_size(value))
    at = _put_bytes(buffer, at, _NAME, 0, _NAME.size)
    at = _put_field(buffer, at, 0x12, value)
    at = _put_field(buffer, at, 0x12, tensor)
    if stop > start:
        at = _put_field(buffer, at, 0x0A, 4 * (stop - start))
        at = _put_bytes(buffer, at, values, 4 * start, 4 * stop)
        at = _put_field(buffer, at, 0x12, keys_size)
        for entry in range(start, stop):
            at = _put_varint(buffer, at, keys[entry])
    at = _put_field(buffer, at, 0x1A, shape_size)
    return _put_varint(buffer, at, np.uint64(shape))


@njit(cache=True, nogil=True)
def _encode_rows(buffer, first, last, indptr, keys, values, shape, labels):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Write the frames of rows first..last - 1; ``values`` and ``labels`` are bytes. Returns their length."""
    at = 0
    for row in range(first, last):
        frame = at
        at = _encode_row(buffer, frame + 8, keys, values, indptr[row], indptr[row + 1], shape)
        if labels.size:
            at = _put_bytes(buffer, at, _LABEL, 0, _LABEL.size)
            at = _put_bytes(buffer, at, labels, 4 * row, 4 * row + 4)
        _put_frame_header(buffer, frame, at - frame - 8)
        while at % 4:
            buffer[at] = 0
            at += 1
    return at
