"""Decodes a protobuf message ``aialgs.data.Record`` to flat arrays, compiled.

Fields may come in any order, packed or not, and unknown fields are skipped, as protobuf requires. A function that finds
an error returns a code of ``FAULTS`` (negative) instead of a position.

Source: record.proto in ``sagemaker`` 2.x; "Encoding" in the protocol buffers' documentation.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

BROKEN, FOREIGN_NAME, NO_TENSOR, TWO_TENSORS, RAGGED, TWICE, NO_FEATURES = -1, -2, -3, -4, -5, -6, -7
FAULTS = {
    BROKEN: "the protobuf message is broken off or malformed",
    FOREIGN_NAME: "features and label are maps with the one name 'values', and another name was found",
    NO_TENSOR: "'values' must be an Int32, Float32 or Float64 tensor",
    TWO_TENSORS: "'values' holds more than one tensor",
    RAGGED: "the packed values' length is not a multiple of one value's",
    TWICE: "the map entry 'values' is there twice",
    NO_FEATURES: "there are no features",
}
# Wire types, and the field numbers of a Value's tensors.
_VARINT, _EIGHT_BYTES, DELIMITED, _FOUR_BYTES = 0, 1, 2, 5
FLOAT32, FLOAT64, INT32 = 2, 3, 7
# A tensor's fields, as indexes into Tensors.counts.
VALUES, KEYS, SHAPE = 0, 1, 2


class Tensors(NamedTuple):
    """The fields of tensors, all records in sequence; ``counts`` is the used length of each array."""

    values: NDArray[np.float32]
    keys: NDArray[np.int64]
    shape: NDArray[np.int64]
    counts: NDArray[np.int64]  # values, keys, shape


@njit(cache=True, nogil=True)
def varint(data, at, stop):  # type: ignore[no-untyped-def]
    """(number, position after it)."""
    if at < stop and data[at] < 0x80:  # nearly all tags and lengths
        return np.uint64(data[at]), at + 1
    number = np.uint64(0)
    for count in range(10):
        if at + count >= stop:
            break
        octet = np.uint64(data[at + count])
        number |= (octet & np.uint64(0x7F)) << np.uint64(7 * count)
        if octet < np.uint64(0x80):
            return number, at + count + 1
    return number, BROKEN


@njit(cache=True, nogil=True)
def field(data, at, stop):  # type: ignore[no-untyped-def]
    """(field number, wire type, first byte of the content, one past it); the last is BROKEN if incomplete."""
    tag, start = varint(data, at, stop)
    if start < 0:
        return 0, 0, 0, BROKEN
    wire = np.int64(tag & np.uint64(7))
    end = BROKEN
    if wire == _VARINT:
        _, end = varint(data, start, stop)
    elif wire == _EIGHT_BYTES:
        end = start + 8
    elif wire == _FOUR_BYTES:
        end = start + 4
    elif wire == DELIMITED:
        length, start = varint(data, start, stop)
        if start >= 0 and length <= np.uint64(stop - start):
            end = start + np.int64(length)
    if end > stop:
        end = BROKEN
    return np.int64(tag >> np.uint64(3)), wire, start, end


@njit(cache=True, nogil=True)
def _is_values(data, start, end):  # type: ignore[no-untyped-def]
    if end - start != 6:
        return False
    return (
        data[start] == ord("v")
        and data[start + 1] == ord("a")
        and data[start + 2] == ord("l")
        and data[start + 3] == ord("u")
        and data[start + 4] == ord("e")
        and data[start + 5] == ord("s")
    )


@njit(cache=True, nogil=True)
def find_tensor(data, at, stop):  # type: ignore[no-untyped-def]
    """The tensor in the map entry at..stop: (kind, start, end), or (fault, 0, 0)."""
    named = False
    value_at, value_stop = 0, -1
    while at < stop:
        number, wire, start, at = field(data, at, stop)
        if at < 0:
            return BROKEN, 0, 0
        if number == 1 and wire == DELIMITED:
            named = _is_values(data, start, at)
        elif number == 2 and wire == DELIMITED:
            value_at, value_stop = start, at
    if not named:
        return FOREIGN_NAME, 0, 0
    kind, tensor_at, tensor_stop = NO_TENSOR, 0, 0
    while value_at < value_stop:
        number, wire, start, value_at = field(data, value_at, value_stop)
        if value_at < 0:
            return BROKEN, 0, 0
        if wire == DELIMITED and number in (FLOAT32, FLOAT64, INT32):
            if kind != NO_TENSOR:
                return TWO_TENSORS, 0, 0
            kind, tensor_at, tensor_stop = number, start, value_at
    return kind, tensor_at, tensor_stop


@njit(cache=True, nogil=True)
def _append_values(data, at, stop, kind, values, counts):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Append the packed numbers at..stop as float32: 0, or a fault."""
    count = counts[VALUES]
    if kind == INT32:
        while at < stop:
            number, at = varint(data, at, stop)
            if at < 0:
                return BROKEN
            values[count] = np.float32(np.int32(np.uint32(number & np.uint64(0xFFFFFFFF))))
            count += 1
    elif (stop - at) % (4 if kind == FLOAT32 else 8):
        return RAGGED
    elif kind == FLOAT32:
        octets = values.view(np.uint8)
        for place in range(stop - at):
            octets[4 * count + place] = data[at + place]
        count += (stop - at) // 4
    else:
        wide = np.empty(1, np.float64)
        octets = wide.view(np.uint8)
        while at < stop:
            for place in range(8):
                octets[place] = data[at + place]
            values[count] = np.float32(wide[0])
            count += 1
            at += 8
    counts[VALUES] = count
    return 0


@njit(cache=True, nogil=True)
def _append_whole(data, at, stop, numbers, counts, which):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Append the packed varints at..stop as int64: 0, or a fault."""
    while at < stop:
        number, at = varint(data, at, stop)
        if at < 0:
            return BROKEN
        numbers[counts[which]] = np.int64(number)
        counts[which] += 1
    return 0


@njit(cache=True, nogil=True)
def _read_tensor(data, at, stop, kind, values, keys, shape, counts):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Append a tensor's three fields: 0, or a fault."""
    fault = 0
    while at < stop and fault == 0:
        number, wire, start, at = field(data, at, stop)
        if at < 0:
            return BROKEN
        if number == 1:
            fault = _append_values(data, start, at, kind, values, counts)
        elif number == 2 and wire in (_VARINT, DELIMITED):
            fault = _append_whole(data, start, at, keys, counts, KEYS)
        elif number == 3 and wire in (_VARINT, DELIMITED):
            fault = _append_whole(data, start, at, shape, counts, SHAPE)
    return fault


@njit(cache=True, nogil=True)
def read_record(data, at, stop, features, label):  # type: ignore[no-untyped-def]
    """Append a record's features and label: 0, or a fault."""
    values, keys, shape, counts = features
    label_values, label_keys, label_shape, label_counts = label
    featured, labelled = 0, 0
    while at < stop:
        number, wire, start, at = field(data, at, stop)
        if at < 0:
            return BROKEN
        if wire != DELIMITED or number not in (1, 2):
            continue
        kind, tensor, end = find_tensor(data, start, at)
        fault = kind
        if kind > 0 and number == 1:
            featured += 1
            fault = _read_tensor(data, tensor, end, kind, values, keys, shape, counts)
        elif kind > 0:
            labelled += 1
            fault = _read_tensor(data, tensor, end, kind, label_values, label_keys, label_shape, label_counts)
        if fault < 0:
            return fault
    if featured > 1 or labelled > 1:
        return TWICE
    return 0 if featured else NO_FEATURES
