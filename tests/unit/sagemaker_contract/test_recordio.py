"""The codec compared with ``sagemaker`` 2.x's own writer and reader, on generated rows."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sagemaker.amazon import common as oracle
from sagemaker.amazon.record_pb2 import Record
from scipy.sparse import csr_matrix

from sagemaker_contract import recordio

MOST_KEYS = 500
numbers = st.floats(width=32, allow_nan=False)


@st.composite
def sparse_rows(draw: st.DrawFn) -> recordio.SparseRecords:
    """CSR rows of 0..500 keys below 2^40, with and without labels."""
    shape = draw(st.sampled_from([1, 2, 127, 128, 16_384, 2_097_152, 2**31, 2**40]))
    seed = draw(st.integers(0, 2**32 - 1))
    sizes = draw(st.lists(st.one_of(st.integers(0, 4), st.integers(0, MOST_KEYS)), max_size=5))
    random = np.random.default_rng(seed)
    rows = [np.unique(random.integers(0, shape, size)) for size in sizes]
    rows = [np.unique(np.append(row, shape - 1)) if row.size else row for row in rows]
    indptr = np.cumsum([0, *(row.size for row in rows)])
    keys = np.concatenate([np.empty(0, np.int64), *rows])
    values = random.integers(0, 2**32, keys.size, np.uint32).view(np.float32)
    values = np.where(np.isnan(values), np.float32(draw(numbers)), values)
    labels = random.normal(size=len(rows)).astype(np.float32) if draw(st.booleans()) else None
    return recordio.SparseRecords(indptr, keys, values, shape, labels)


@st.composite
def dense_rows(draw: st.DrawFn) -> recordio.DenseRecords:
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, d = draw(st.integers(1, 6)), draw(st.one_of(st.integers(0, 70), st.integers(4_000, 5_000)))
    labels = random.normal(size=n).astype(np.float32) if draw(st.booleans()) else None
    return recordio.DenseRecords(random.normal(size=(n, d)).astype(np.float32), labels)


def written(records: recordio.SparseRecords | recordio.DenseRecords) -> bytes:
    stream = io.BytesIO()
    if isinstance(records, recordio.DenseRecords):
        recordio.write_dense(stream, records.rows, records.labels)
    else:
        recordio.write_sparse(stream, records.indptr, records.keys, records.values, records.shape, records.labels)
    return stream.getvalue()


def matrix(records: recordio.SparseRecords) -> csr_matrix:
    rows = csr_matrix((records.indptr.size - 1, records.shape), dtype=np.float32)
    rows.data, rows.indices, rows.indptr = records.values, records.keys, records.indptr
    return rows


def same(left: NDArray[np.float32] | None, right: NDArray[np.float32] | None) -> bool:
    """Equal bit for bit, or both absent; without rows there are no labels."""
    if left is None or right is None:
        return (left is None or not left.size) and (right is None or not right.size)
    return left.tobytes() == right.tobytes()


@settings(max_examples=1500, deadline=None)
@given(sparse_rows())
def test_sparse_rows_are_written_as_sagemaker_writes_them_and_read_back(records: recordio.SparseRecords) -> None:
    stream = io.BytesIO()
    if records.indptr.size > 1:
        oracle.write_spmatrix_to_sparse_tensor(stream, matrix(records), records.labels)
    data = written(records)
    assert data == stream.getvalue()
    back = recordio.read_sparse(data)
    assert np.array_equal(back.indptr, records.indptr)
    assert np.array_equal(back.keys, records.keys)
    assert same(back.values, records.values)
    assert same(back.labels, records.labels)
    assert back.shape == (records.shape if records.indptr.size > 1 else 0)


@settings(max_examples=300, deadline=None)
@given(sparse_rows())
def test_sagemakers_reader_reads_our_sparse_rows(records: recordio.SparseRecords) -> None:
    for row, record in enumerate(oracle.read_records(io.BytesIO(written(records)))):
        tensor = record.features["values"].float32_tensor
        entries = slice(records.indptr[row], records.indptr[row + 1])
        assert list(tensor.keys) == records.keys[entries].tolist()
        assert np.array(tensor.values, np.float32).tobytes() == records.values[entries].tobytes()
        assert list(tensor.shape) == [records.shape]
        label = list(record.label["values"].float32_tensor.values)
        assert label == ([] if records.labels is None else [records.labels[row]])


@settings(max_examples=600, deadline=None)
@given(dense_rows())
def test_dense_rows_are_written_as_sagemaker_writes_them_and_read_back(records: recordio.DenseRecords) -> None:
    stream = io.BytesIO()
    oracle.write_numpy_to_dense_tensor(stream, records.rows, records.labels)
    data = written(records)
    assert data == stream.getvalue()
    back = recordio.read_dense(data)
    assert np.array_equal(back.rows, records.rows)
    assert same(back.labels, records.labels)
    decoded = oracle.read_records(io.BytesIO(data))
    assert [list(record.features["values"].float32_tensor.values) for record in decoded] == records.rows.tolist()


@pytest.mark.parametrize("kind", [np.int64, np.float64, np.float32])
def test_int32_float64_and_float32_tensors_are_read(kind: type) -> None:
    numbers_given = np.array([[-3, 0, 7], [2**31 - 1, -(2**31), 1]], kind)
    labels = np.array([-1, 5], kind)
    stream = io.BytesIO()
    oracle.write_numpy_to_dense_tensor(stream, numbers_given, labels)
    dense = recordio.read_dense(stream.getvalue())
    assert np.array_equal(dense.rows, numbers_given.astype(np.float32))
    assert dense.labels is not None
    assert dense.labels.tolist() == [-1, 5]
    stream = io.BytesIO()
    oracle.write_spmatrix_to_sparse_tensor(stream, csr_matrix(numbers_given), labels)
    sparse = recordio.read_sparse(stream.getvalue())
    assert sparse.keys.tolist() == [0, 2, 0, 1, 2]
    assert np.array_equal(sparse.values, numbers_given.astype(np.float32)[numbers_given != 0])


def test_fields_in_any_order_unknown_fields_and_unpacked_values_are_read() -> None:
    record = Record()
    record.label["values"].float32_tensor.values.append(4)
    record.uid, record.metadata = "seven", "unread"
    label_first = record.SerializeToString()
    # keys [1, 300] and shape [9, not packed], then the values one by one (wire type 5), in an entry value-first
    tensor = bytes.fromhex("1203 01ac02 18ac04 0d0000803f 0d00000040")
    value = b"\x12" + bytes([len(tensor)]) + tensor
    entry = b"\x12" + bytes([len(value)]) + value + b"\x0a\x06values"
    message = label_first + b"\x0a" + bytes([len(entry)]) + entry
    data = b"\x0a\x23\xd7\xce" + len(message).to_bytes(4, "little") + message + bytes(-len(message) % 4)
    theirs = oracle.read_records(io.BytesIO(data))[0].features["values"].float32_tensor
    ours = recordio.read_sparse(data)
    assert ours.keys.tolist() == list(theirs.keys) == [1, 300]
    assert ours.values.tolist() == list(theirs.values) == [1, 2]
    assert [ours.shape] == list(theirs.shape) == [556]
    assert ours.labels is not None
    assert ours.labels.tolist() == [4]


def test_many_rows_cross_chunks_unharmed() -> None:
    rows = 50_000
    keys = np.arange(2 * rows, dtype=np.int64) % 9_000
    records = recordio.SparseRecords(
        np.arange(0, 2 * rows + 1, 2), keys, np.ones(2 * rows, np.float32), 9_000, np.arange(rows, dtype=np.float32)
    )
    back = recordio.read_sparse(written(records))
    assert np.array_equal(back.keys, keys)
    assert same(back.labels, records.labels)
    wide = np.arange(60_000, dtype=np.float32).reshape(-1, 12)
    assert np.array_equal(recordio.read_dense(written(recordio.DenseRecords(wide, None))).rows, wide)


def test_the_first_record_says_whether_a_file_is_sparse() -> None:
    empty_row = recordio.SparseRecords(np.zeros(2, np.int64), np.empty(0, np.int64), np.empty(0, np.float32), 5, None)
    assert recordio.is_sparse(written(empty_row))
    assert not recordio.is_sparse(written(recordio.DenseRecords(np.ones((2, 3), np.float32), None)))
    assert not recordio.is_sparse(b"")
