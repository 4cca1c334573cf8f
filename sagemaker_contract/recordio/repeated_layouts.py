"""Records with the layout of an earlier one: the same bytes except for their numbers, which are at the same
positions.

A writer usually gives all records of a file the same layout. The positions of the numbers in a parsed record are
stored, by its length; the next record of that length is compared with it, except for the numbers, which are copied. A
record that differs in any other byte is parsed. The result is the same, in a fraction of the time.
"""

import numpy as np
from numba import njit

from sagemaker_contract.recordio.protobuf import DELIMITED, FLOAT32, KEYS, SHAPE, VALUES, field, find_tensor, varint

# Lengths with the same last bits share an entry of the table, which has the last parsed record.
_PLACES = 1024
# Columns of the table: the length, where the record begins, and relative to that where its numbers begin and end; its
# shape, or -1 without one. Missing keys or labels begin and end at the end of the record.
_LENGTH, _AT, _VALUES_AT, _VALUES_END, _KEYS_AT, _KEYS_END, _LABEL_AT, _LABEL_END, _SHAPE_OF = range(9)


@njit(cache=True, nogil=True)
def empty_layouts():  # type: ignore[no-untyped-def]
    """No layouts: int64 [places, columns]."""
    return np.zeros((_PLACES, 9), np.int64)


@njit(cache=True, nogil=True)
def _tensor(data, at, stop):  # type: ignore[no-untyped-def]
    """Begin and end of the values and of the keys of the tensor in the map entry at..stop, and its shape.

    The first is -1 if the tensor is not float32, or has a field that occurs twice, is not packed or unknown.
    """
    kind, at, stop = find_tensor(data, at, stop)
    values_at, values_end, keys_at, keys_end, shape = -1, -1, stop, stop, np.int64(-1)
    if kind != FLOAT32:
        return -1, values_end, keys_at, keys_end, shape
    seen = 0
    while at < stop:
        number, wire, start, at = field(data, at, stop)
        if wire != DELIMITED or number < 1 or number > 3 or number <= seen:
            return -1, values_end, keys_at, keys_end, shape
        seen = number
        if number == 1:
            values_at, values_end = start, at
        elif number == 2:
            keys_at, keys_end = start, at
        else:
            whole, end = varint(data, start, at)
            if end != at:
                return -1, values_end, keys_at, keys_end, shape
            shape = np.int64(whole)
    return values_at, values_end, keys_at, keys_end, shape


@njit(cache=True, nogil=True)
def learn(data, at, stop, layouts):  # type: ignore[no-untyped-def]
    """Store the layout of the record at..stop, which was parsed without an error, if it has features and at most a
    label.
    """
    number, wire, start, end = field(data, at, stop)
    if number != 1 or wire != DELIMITED:
        return
    values_at, values_end, keys_at, keys_end, shape = _tensor(data, start, end)
    label_at, label_end = stop, stop
    if end < stop:
        number, wire, start, end = field(data, end, stop)
        label_at, label_end, label_keys_at, label_keys_end, label_shape = _tensor(data, start, end)
        plain = label_keys_at == label_keys_end and label_shape == -1
        if number != 2 or wire != DELIMITED or not plain or label_end - label_at != 4:
            return
    if values_at < 0 or end < stop:
        return
    if keys_at == keys_end:
        keys_at, keys_end = values_end, values_end
    layout = layouts[(stop - at) % _PLACES]
    layout[_LENGTH], layout[_AT] = stop - at, at
    layout[_VALUES_AT], layout[_VALUES_END] = values_at - at, values_end - at
    layout[_KEYS_AT], layout[_KEYS_END] = keys_at - at, keys_end - at
    layout[_LABEL_AT], layout[_LABEL_END] = label_at - at, label_end - at
    layout[_SHAPE_OF] = shape


@njit(cache=True, nogil=True)
def is_known(layouts, length):  # type: ignore[no-untyped-def]
    """Whether there is a layout for this length."""
    return length > 0 and layouts[length % _PLACES, _LENGTH] == length


@njit(cache=True, nogil=True)
def _same(data, one, other, first, last):  # type: ignore[no-untyped-def]
    """Whether the bytes first..last of two records are equal."""
    different = np.uint8(0)
    one_at, other_at = np.uint64(one), np.uint64(other)  # an index that may be negative is checked before each use
    for place in range(np.uint64(first), np.uint64(last)):
        different |= data[one_at + place] ^ data[other_at + place]
    return different == 0


@njit(cache=True, nogil=True)
def _copy(data, at, stop, octets, to):  # type: ignore[no-untyped-def]
    source, target = np.uint64(at), np.uint64(to)
    for place in range(np.uint64(stop - at)):
        octets[target + place] = data[source + place]


@njit(cache=True, nogil=True)
def read_alike(data, starts, record, layouts, features, feature_ends, label, label_ends):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Read from ``record`` on while records have a known layout, and there is room: returns the first that was not
    read.

    Args:
        data, starts, features, feature_ends, label, label_ends: as in ``messages.read_messages``.
        layouts: those stored by ``learn``.
    """
    values, keys, shape, counts = features
    label_values, _, _, label_counts = label
    octets, label_octets = values.view(np.uint8), label_values.view(np.uint8)
    n_values, n_keys, n_shapes, n_labels = counts[VALUES], counts[KEYS], counts[SHAPE], label_counts[VALUES]
    while record < starts.size - 1:
        at = starts[record] + 8
        length = np.int64(data[at - 4]) | np.int64(data[at - 3]) << 8
        length |= np.int64(data[at - 2]) << 16 | np.int64(data[at - 1]) << 24
        if not is_known(layouts, length):
            break
        layout = layouts[length % _PLACES]
        known, new_values = layout[_AT], (layout[_VALUES_END] - layout[_VALUES_AT]) // 4
        if (
            n_values + new_values > values.size
            or n_keys + layout[_KEYS_END] - layout[_KEYS_AT] > keys.size  # every key takes at least a byte
            or n_shapes == shape.size
            or n_labels == label_values.size
        ):
            break
        if not (
            _same(data, at, known, 0, layout[_VALUES_AT])
            and _same(data, at, known, layout[_VALUES_END], layout[_KEYS_AT])
            and _same(data, at, known, layout[_KEYS_END], layout[_LABEL_AT])
            and _same(data, at, known, layout[_LABEL_END], length)
        ):
            break
        key_at, keys_end, found = at + layout[_KEYS_AT], at + layout[_KEYS_END], n_keys
        while 0 <= key_at < keys_end:
            number, key_at = varint(data, key_at, keys_end)
            keys[found] = np.int64(number)
            found += 1
        if key_at < 0:
            break
        n_keys = found
        _copy(data, at + layout[_VALUES_AT], at + layout[_VALUES_END], octets, 4 * n_values)
        n_values += new_values
        if layout[_SHAPE_OF] >= 0:
            shape[n_shapes] = layout[_SHAPE_OF]
            n_shapes += 1
        _copy(data, at + layout[_LABEL_AT], at + layout[_LABEL_END], label_octets, 4 * n_labels)
        n_labels += (layout[_LABEL_END] - layout[_LABEL_AT]) // 4
        feature_ends[record, VALUES], feature_ends[record, KEYS], feature_ends[record, SHAPE] = (
            n_values,
            n_keys,
            n_shapes,
        )
        label_ends[record, VALUES] = n_labels
        record += 1
    counts[VALUES], counts[KEYS], counts[SHAPE], label_counts[VALUES] = n_values, n_keys, n_shapes, n_labels
    return record
