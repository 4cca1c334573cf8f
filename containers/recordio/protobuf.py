"""The protobuf side of reading: messages of ``aialgs.data.Record`` to flat arrays, compiled.

Every field may come in any order, packed or not, and unknown fields are skipped, as protobuf demands. A
function that meets a fault returns a code of ``FAULTS`` (negative) in place of a position.

Source: record.proto in ``sagemaker`` 2.x; "Encoding" in the protocol buffers' documentation.
"""

import numpy as np
from numba import njit

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
_VARINT, _EIGHT_BYTES, _DELIMITED, _FOUR_BYTES = 0, 1, 2, 5
_FLOAT32, _FLOAT64, _INT32 = 2, 3, 7


@njit(cache=True, nogil=True)
def _varint(data, at, stop):  # type: ignore[no-untyped-def]
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
def _field(data, at, stop):  # type: ignore[no-untyped-def]
    """(field number, wire type, first byte of the content, one past it); the last is BROKEN if it has no end."""
    tag, start = _varint(data, at, stop)
    if start < 0:
        return 0, 0, 0, BROKEN
    wire = np.int64(tag & np.uint64(7))
    end = BROKEN
    if wire == _VARINT:
        _, end = _varint(data, start, stop)
    elif wire == _EIGHT_BYTES:
        end = start + 8
    elif wire == _FOUR_BYTES:
        end = start + 4
    elif wire == _DELIMITED:
        length, start = _varint(data, start, stop)
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
def _find_tensor(data, at, stop):  # type: ignore[no-untyped-def]
    """The tensor in the map entry at..stop: (kind, start, end), or (fault, 0, 0)."""
    named = False
    value_at, value_stop = 0, -1
    while at < stop:
        number, wire, start, at = _field(data, at, stop)
        if at < 0:
            return BROKEN, 0, 0
        if number == 1 and wire == _DELIMITED:
            named = _is_values(data, start, at)
        elif number == 2 and wire == _DELIMITED:
            value_at, value_stop = start, at
    if not named:
        return FOREIGN_NAME, 0, 0
    kind, tensor_at, tensor_stop = NO_TENSOR, 0, 0
    while value_at < value_stop:
        number, wire, start, value_at = _field(data, value_at, value_stop)
        if value_at < 0:
            return BROKEN, 0, 0
        if wire == _DELIMITED and (number == _FLOAT32 or number == _FLOAT64 or number == _INT32):
            if kind != NO_TENSOR:
                return TWO_TENSORS, 0, 0
            kind, tensor_at, tensor_stop = number, start, value_at
    return kind, tensor_at, tensor_stop


@njit(cache=True, nogil=True)
def _roomy(array, size):  # type: ignore[no-untyped-def]
    """``array``, or a copy at least twice as large if ``size`` elements do not fit."""
    if size <= array.size:
        return array
    larger = np.empty(max(size, 2 * array.size), array.dtype)
    larger[: array.size] = array
    return larger


@njit(cache=True, nogil=True)
def _append_values(data, at, stop, kind, values, count):  # type: ignore[no-untyped-def]
    """Put the packed numbers at..stop behind the first ``count`` values, as float32: the new count, or a fault."""
    if kind == _INT32:
        while at < stop:
            number, at = _varint(data, at, stop)
            if at < 0:
                return BROKEN
            values[count] = np.float32(np.int32(np.uint32(number & np.uint64(0xFFFFFFFF))))
            count += 1
        return count
    width = 4 if kind == _FLOAT32 else 8
    if (stop - at) % width:
        return RAGGED
    if kind == _FLOAT32:
        octets = values.view(np.uint8)
        for place in range(stop - at):
            octets[4 * count + place] = data[at + place]
        return count + (stop - at) // width
    number_octets = np.empty(8, np.uint8)
    while at < stop:
        for place in range(8):
            number_octets[place] = data[at + place]
        values[count] = np.float32(number_octets.view(np.float64)[0])
        count += 1
        at += width
    return count


@njit(cache=True, nogil=True)
def _append_whole(data, at, stop, numbers, count):  # type: ignore[no-untyped-def]
    """Put the packed varints at..stop behind the first ``count`` numbers: the new count, or a fault."""
    while at < stop:
        number, at = _varint(data, at, stop)
        if at < 0:
            return BROKEN
        numbers[count] = np.int64(number)
        count += 1
    return count


@njit(cache=True, nogil=True)
def _read_tensor(data, at, stop, kind, values, n_values, keys, n_keys, shape, n_shape):  # type: ignore[no-untyped-def]
    """Append a tensor's three fields: the new counts, of which a negative one is a fault."""
    while at < stop and n_values >= 0 and n_keys >= 0 and n_shape >= 0:
        number, wire, start, at = _field(data, at, stop)
        if at < 0:
            return BROKEN, n_keys, n_shape
        if number == 1:
            n_values = _append_values(data, start, at, kind, values, n_values)
        elif number == 2 and (wire == _VARINT or wire == _DELIMITED):
            n_keys = _append_whole(data, start, at, keys, n_keys)
        elif number == 3 and (wire == _VARINT or wire == _DELIMITED):
            n_shape = _append_whole(data, start, at, shape, n_shape)
    return n_values, n_keys, n_shape


@njit(cache=True, nogil=True)
def read_messages(data, starts):  # type: ignore[no-untyped-def]
    """Every record's tensors, appended to each other.

    Args:
        data: uint8, a file's bytes.
        starts: int64 [n + 1], where its frames begin, and its end.

    Returns:
        (values float32, value_ends int64 [n], keys int64, key_ends, shapes int64, shape_ends, labels float32,
        label_ends, fault, record): record r's values end before value_ends[r], and so on; ``fault`` is 0, or
        a code of ``FAULTS`` and ``record`` the one that has it.
    """
    count = starts.size - 1
    value_ends = np.zeros(count, np.int64)
    key_ends = np.zeros(count, np.int64)
    shape_ends = np.zeros(count, np.int64)
    label_ends = np.zeros(count, np.int64)
    values = np.empty(2 * count + 16, np.float32)
    keys = np.empty(16, np.int64)
    shapes = np.empty(count + 16, np.int64)
    labels = np.empty(count + 16, np.float32)
    label_keys = np.empty(16, np.int64)
    n_values, n_keys, n_shapes, n_labels = 0, 0, 0, 0
    fault = 0
    record = 0
    for record in range(count):
        at = starts[record] + 8
        length = 0
        for place in range(4):
            length |= np.int64(data[starts[record] + 4 + place]) << (8 * place)
        stop = at + length
        # No number takes less than a byte, so from here on the arrays are large enough for this record.
        if (
            min(
                values.size - n_values,
                keys.size - n_keys,
                shapes.size - n_shapes,
                labels.size - n_labels,
                label_keys.size,
            )
            < length
        ):
            values, keys = _roomy(values, n_values + length), _roomy(keys, n_keys + length)
            shapes, labels = _roomy(shapes, n_shapes + length), _roomy(labels, n_labels + length)
            label_keys = _roomy(label_keys, length)
        features, labelled = 0, 0
        while at < stop and fault == 0:
            number, wire, start, at = _field(data, at, stop)
            if at < 0:
                fault = BROKEN
                break
            if wire != _DELIMITED or number < 1 or number > 2:
                continue
            kind, tensor_at, tensor_stop = _find_tensor(data, start, at)
            if kind < 0:
                fault = kind
            elif number == 1:
                features += 1
                n_values, n_keys, n_shapes = _read_tensor(
                    data, tensor_at, tensor_stop, kind, values, n_values, keys, n_keys, shapes, n_shapes
                )
                fault = min(n_values, n_keys, n_shapes, 0)
            else:
                labelled += 1
                # A label's keys and shape say nothing: they are read over, one on top of the other.
                n_labels, n_ignored, n_unread = _read_tensor(
                    data, tensor_at, tensor_stop, kind, labels, n_labels, label_keys, 0, label_keys, 0
                )
                fault = min(n_labels, n_ignored, n_unread, 0)
        if fault == 0 and (features > 1 or labelled > 1):
            fault = TWICE
        if fault == 0 and features == 0:
            fault = NO_FEATURES
        if fault != 0:
            break
        value_ends[record] = n_values
        key_ends[record] = n_keys
        shape_ends[record] = n_shapes
        label_ends[record] = n_labels
    return (
        values[: max(n_values, 0)], value_ends, keys[: max(n_keys, 0)], key_ends, shapes[: max(n_shapes, 0)], shape_ends,
        labels[: max(n_labels, 0)], label_ends, fault, record,
    )  # fmt: skip
