"""Every kind of error in a file is reported, with the record and where it begins."""

import io
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sagemaker.amazon.common import read_records
from sagemaker.amazon.record_pb2 import Record

from sagemaker_contract import recordio


def framed(*records: Record | bytes) -> bytes:
    data = b""
    for record in records:
        message = record if isinstance(record, bytes) else record.SerializeToString()
        data += b"\x0a\x23\xd7\xce" + len(message).to_bytes(4, "little") + message + bytes(-len(message) % 4)
    return data


def record(
    values: list[float], keys: tuple[int, ...] = (), shape: tuple[int, ...] = (), labels: tuple[float, ...] = ()
) -> Record:
    made = Record()
    tensor = made.features["values"].float32_tensor
    tensor.values.extend(values)
    tensor.keys.extend(keys)
    tensor.shape.extend(shape)
    if labels:
        made.label["values"].float32_tensor.values.extend(labels)
    return made


SPARSE = record([1, 2], (0, 3), (5,))
DENSE = record([1, 2])


def named(name: str) -> Record:
    made = Record()
    made.features[name].float32_tensor.values.append(1)
    return made


def with_bytes() -> Record:
    made = Record()
    made.features["values"].bytes.value.append(b"image")
    return made


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (framed(SPARSE)[:-1], "record 0 at byte 0: truncated: the record takes "),
        (framed(SPARSE, SPARSE)[: len(framed(SPARSE)) + 5], "record 1 at byte 40: truncated: a frame's header takes 8"),
        (framed(SPARSE) + b"user,item,value\n", "record 1 at byte 40: a frame begins with 0xced7230a, got 0x72657375"),
        (framed(SPARSE, DENSE), "record 1 at byte 40: a dense record (2 values, no keys) where a sparse one"),
        (framed(SPARSE, record([1], (0,))), "record 1 at byte 40: a sparse record must carry its shape"),
        (framed(SPARSE, record([1], (0,), (5, 1))), "number of columns; got [5, 1]"),
        (framed(SPARSE, record([1], (0,), (6,))), "shape [6]; every record must have the first one's, 5"),
        (framed(record([], (), (0,))), "shape [0]; every record must have the first one's, 0, and at least 1"),
        (framed(SPARSE, record([1], (5,), (5,))), "record 1 at byte 40: keys must be 0..4, got 5"),
        (framed(record([1], (2**64 - 1,), (5,))), f"keys must be 0..4, got {2**64 - 1}"),
        (framed(record([1, 2], (1,), (5,))), "1 keys for 2 values; there must be as many"),
        (framed(SPARSE, record([1], (0,), (5,), (1,))), "record 0 at byte 0: no label, and other records have one"),
        (framed(record([1], (0,), (5,), (1, 2))), "the label must be one number"),
        (framed(named("pixels")), "maps with the one name 'values'"),
        (framed(with_bytes()), "must be an Int32, Float32 or Float64 tensor"),
        (framed(b""), "there are no features"),
        (framed(SPARSE.SerializeToString() * 2), "is there twice"),
        (framed(b"\x0a\x7f\x0a"), "broken off or malformed"),
        (framed(b"\x0b"), "broken off or malformed"),
        (framed(bytes.fromhex("0a0f 0a0676616c756573 1205 1203 0a0100")), "not a multiple of one value's"),
        (framed(bytes.fromhex("0a0e 0a0676616c756573 1204 1200 1a00")), "more than one tensor"),
    ],
)
def test_a_sparse_file_that_is_wrong_is_refused(data: bytes, fault: str) -> None:
    with pytest.raises(recordio.CorruptRecord, match=re.escape(fault)):
        recordio.read_sparse(data)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (framed(DENSE, SPARSE), "record 1 at byte 32: a sparse record (2 keys) where a dense one is expected"),
        (framed(DENSE, record([1, 2, 3])), "record 1 at byte 32: 3 values where the first record has 2"),
        (framed(record([1, 2], (), (3,))), "shape [3] for 2 values"),
        (framed(record([1, 2], (), (2, 1))), "shape [2, 1] for 2 values"),
    ],
)
def test_a_dense_file_that_is_wrong_is_refused(data: bytes, fault: str) -> None:
    with pytest.raises(recordio.CorruptRecord, match=re.escape(fault)):
        recordio.read_dense(data)


def test_a_dense_record_may_carry_its_own_width_as_shape() -> None:
    assert recordio.read_dense(framed(record([1, 2], (), (2,)), DENSE)).rows.tolist() == [[1, 2], [1, 2]]


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 39), st.integers(0, 255))
def test_bytes_at_random_and_a_changed_byte_are_read_as_protobuf_reads_them_or_refused(
    noise: bytes, place: int, octet: int
) -> None:
    changed = bytearray(framed(SPARSE))
    changed[place] = octet
    for data in (framed(noise), noise, bytes(changed)):
        try:
            ours = recordio.read_sparse(data)
        except recordio.CorruptRecord:
            continue
        theirs = [made.features["values"] for made in read_records(io.BytesIO(data))]
        tensors = [getattr(value, str(value.WhichOneof("value"))) for value in theirs]
        assert ours.keys.tolist() == [key for tensor in tensors for key in tensor.keys]
        expected = np.array([value for tensor in tensors for value in tensor.values], np.float32)
        assert np.array_equal(ours.values, expected, equal_nan=True)


@pytest.mark.parametrize("base", [record([1, 2], (3, 300), (500,), (1,)), record([1, 2], (0, 3), (5,)), record([1, 2])])
def test_a_changed_byte_in_a_known_layout_is_read_or_refused_as_in_a_record_alone(base: Record) -> None:
    """The records before it have the same length: only their differences may be read without a check."""
    read = recordio.read_sparse if base.features["values"].float32_tensor.keys else recordio.read_dense
    whole = base.SerializeToString()
    outcomes = set()
    for place in range(len(whole)):
        for octet in range(256):
            changed = whole[:place] + bytes([octet]) + whole[place + 1 :]
            alone, joined = outcome(read, framed(changed)), outcome(read, framed(base, base, changed))
            beside_others = isinstance(joined, str) and any(text in joined for text in OF_ITS_NEIGHBOURS)
            if beside_others or isinstance(alone, str):
                assert isinstance(joined, str)
                assert beside_others or alone == joined, (place, octet)
            else:
                assert repr(joined[-len(alone) :]) == repr(alone), (place, octet)
            outcomes.add(type(alone))
    assert outcomes == {str, list}


# Errors that a record has only because others differ from it.
OF_ITS_NEIGHBOURS = ("every record must have the first one's", "other records have one", "where the first record has")


def outcome(read: Any, data: bytes) -> list[Any] | str:
    """The last record's numbers, or the error without the position."""
    try:
        found = read(data)
    except recordio.CorruptRecord as error:
        return error.fault
    if isinstance(found, recordio.DenseRecords):
        last = [found.rows[-1].tolist()]
    else:
        begin = found.indptr[-2]
        last = [found.keys[begin:].tolist(), found.values[begin:].tolist(), found.shape]
    return [*last, None if found.labels is None else float(found.labels[-1])]


ONE_ROW = {"indptr": [0, 2], "keys": [0, 3], "values": [1, 1], "shape": 5, "labels": [1]}


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"indptr": [0, 3]}, "indptr ends with 3, so there must be as many keys and values; got shapes"),
        ({"indptr": [0, 2, 1, 2]}, "indptr must begin with 0 and never fall"),
        ({"keys": [0, 5]}, "keys must be 0..4 (shape is 5), got 0..5"),
        ({"keys": [-1, 3]}, "keys must be 0..4 (shape is 5), got -1..3"),
        ({"shape": 0}, "shape, the number of columns, must be 1..2^63 - 1, got 0"),
        ({"labels": [1, 2]}, "labels must be one for each of the 1 rows, got shape (2,)"),
    ],
)
def test_arrays_that_do_not_fit_are_not_written(wrong: dict[str, object], fault: str) -> None:
    arrays = {**ONE_ROW, **wrong}
    stream = io.BytesIO()
    with pytest.raises(ValueError, match=re.escape(fault)):
        recordio.write_sparse(
            stream, np.array(arrays["indptr"]), np.array(arrays["keys"]), np.array(arrays["values"], np.float32),
            arrays["shape"], np.array(arrays["labels"], np.float32),
        )  # fmt: skip
    assert not stream.getvalue()


def test_values_of_another_type_are_not_converted_behind_the_callers_back() -> None:
    with pytest.raises(ValueError, match="rows must be float32, got float64"):
        recordio.write_dense(io.BytesIO(), np.ones((2, 2)), None)
    with pytest.raises(ValueError, match=r"rows must have two dimensions \[n, d\], got 1"):
        recordio.write_dense(io.BytesIO(), np.ones(2, np.float32), None)
    keys = np.zeros(1, np.int32)
    with pytest.raises(ValueError, match="keys must be int64 or uint64, got int32"):
        recordio.write_sparse(io.BytesIO(), np.array([0, 1]), keys, np.ones(1, np.float32), 1, None)
