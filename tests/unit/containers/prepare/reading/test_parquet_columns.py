"""Parquet's types and names: ids of every text and integer type, and arbitrary column names."""

import io
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from containers.prepare.reading import parquet_rows
from tests.unit.containers.prepare.formats import parquet_bytes
from tests.unit.containers.prepare.job import run_prepare
from tests.unit.containers.prepare.read_files import EXPECTED, NAMES, ROWS, Read, read

N = len(ROWS)
COLUMNS = dict(zip(("user", "item", "time"), map(pa.array, zip(*ROWS, strict=True)), strict=True))
NUMBERS = [n % 7 for n in range(N)]


def table(**columns: Any) -> bytes:
    return written(pa.table(COLUMNS | columns))


def written(rows: pa.Table, **options: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(rows, stream, **options)
    return stream.getvalue()


def read_parquet(content: bytes | dict[str, bytes], **described: object) -> Read:
    return read(content, format="parquet", **described)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array(map(Decimal, NUMBERS), pa.decimal128(38, 0)), map(str, NUMBERS)),
        (pa.array(NUMBERS, pa.uint64()), map(str, NUMBERS)),
        (pa.array([uuid.UUID(int=n).bytes for n in NUMBERS], pa.uuid()), (str(uuid.UUID(int=n)) for n in NUMBERS)),
        (pa.array([f"ü{n}".encode() for n in NUMBERS], pa.binary()), (f"ü{n}" for n in NUMBERS)),
        (pa.array([f"u{n:03}".encode() for n in NUMBERS], pa.binary(4)), (f"u{n:03}" for n in NUMBERS)),
        (pa.array([f"u{n}" for n in NUMBERS]).dictionary_encode(), (f"u{n}" for n in NUMBERS)),
        (pa.array([f"u{n}" for n in NUMBERS], pa.large_string()), (f"u{n}" for n in NUMBERS)),
        (pa.array([f" u{n} " for n in NUMBERS], pa.string_view()), (f"u{n}" for n in NUMBERS)),
    ],
)
def test_ids_of_each_type_that_is_text_or_whole_numbers(values, texts):
    found = read_parquet(table(user=values))
    assert (found.faults, [user for user, *_ in found.accepted]) == ([], list(texts))


@pytest.mark.parametrize(
    ("values", "fix"),
    [
        (pa.array([float(n) for n in NUMBERS]), "all its values are whole, so write it as integers"),
        (pa.array([n + 0.5 for n in NUMBERS]), "write it as text or integers (in pandas"),
        (pa.array(map(Decimal, NUMBERS), pa.decimal128(9, 2)), "all its values are whole, so write it as integers"),
        (pa.array([True] * N), "write it as text or integers"),
        (pa.array(NUMBERS, pa.date32()), "write it as text or integers"),
        (pa.array([[n] for n in NUMBERS]), "name a column that holds one value, not several"),
        (pa.array([{"id": n} for n in NUMBERS]), "name a column that holds one value, not several"),
    ],
)
def test_ids_of_another_type_are_refused_by_name_with_the_fix(values, fix):
    (fault,) = read_parquet(table(user=values)).faults
    assert fault.startswith("a: user id is neither text nor an integer: column 'user' is ")
    assert fix in fault


def test_bytes_that_are_not_utf8():
    (fault,) = read_parquet(table(user=pa.array([b"\xff", *[b"x"] * (N - 1)]))).faults
    assert "column 'user' is bytes (BLOB), which in 1 of 30 rows are not UTF-8" in fault


@pytest.mark.parametrize("kind", [pa.null(), pa.int32(), pa.float64(), pa.list_(pa.int8()), pa.bool_(), pa.binary()])
def test_a_part_whose_column_is_all_null(kind):
    found = read_parquet({"a": table(), "b": table(user=pa.nulls(N, kind))})
    assert (found.accepted, found.faults) == (EXPECTED, [])
    assert {(file, reason) for file, _, reason in found.refused} == {("b", "missing user id")}
    assert found.by_file == [(N, 0), (N, N)]


def test_a_part_whose_ids_are_all_nan():
    found = read_parquet({"a": table(), "b": table(user=pa.array([float("nan")] * N))})
    assert (found.accepted, found.by_file) == (EXPECTED, [(N, 0), (N, N)])


def test_names_that_differ_by_case_or_are_duckdb_s_own():
    other = pa.array(["x"] * N)
    found = read_parquet(table(USER=other, User=other, file_row_number=other, filename=other, rowid=other, c0=other))
    assert found.accepted == EXPECTED
    columns = dict(zip(("file_row_number", "filename", "file_index"), zip(*ROWS, strict=True), strict=True))
    own = written(pa.table({name: pa.array(values) for name, values in columns.items()}))
    assert read_parquet(own, user="file_row_number", item="filename", timestamp="file_index").accepted == EXPECTED


def test_names_that_are_not_those_of_dataset_json():
    user, item, time = (pa.array(values) for values in zip(*ROWS, strict=True))
    twice = written(pa.table([user, item, time, user], names=["user", "item", "time", "user"]))
    assert "exactly one column 'user'; its columns are 'user', 'item', 'time', 'user'" in read_parquet(twice).faults[0]
    upper = written(pa.table([user, item, time], names=["USER", "user_1", "time"]))
    assert "did you mean 'USER' instead of 'user'?" in read_parquet(upper).faults[0]
    nested = written(pa.table({"row": pa.array([{"user": "u"}] * N), "item": item, "time": time}))
    assert "exactly one column 'user'; its columns are 'row', 'item', 'time'" in read_parquet(nested).faults[0]
    many = written(pa.table({f"measure_{n}": pa.array([1]) for n in range(500)}))
    assert "the nearest of its 500 columns are " in read_parquet(many).faults[0]


def test_parts_of_different_schemas():
    other = pa.table(
        {"time": pa.array([5]), "more": pa.array([[1]]), "item": pa.array([7], pa.uint8()), "user": pa.array([3])}
    )
    assert read_parquet({"a": table(), "b": written(other)}).accepted == [*EXPECTED, ("3", "7", 5.0)]


def test_columns_in_the_names_of_folders():
    part = parquet_bytes([{"item": "i1"}, {"item": "i2"}])
    found = read_parquet({"time=2024-01-01/user=o%27x/a": part}, timestamp_format=None)
    assert found.accepted == [("o'x", "i1", 1704067200.0), ("o'x", "i2", 1704067200.0)]


def test_a_row_group_for_each_row():
    assert read_parquet(written(pa.table(COLUMNS), row_group_size=1)).accepted == EXPECTED


def test_a_file_that_breaks_the_database_is_a_refusal_that_names_it(tmp_path, monkeypatch):
    """DuckDB does this for a changed byte that it regards as an internal error: no more queries are possible."""
    monkeypatch.setattr(parquet_rows, "_is_usable", lambda database: database.close())
    damaged = bytearray(table())
    damaged[4:100] = bytes(96)
    done = run_prepare(tmp_path, {"a": bytes(damaged), "b": table()}, dataset={**NAMES, "format": "parquet"})
    (reason,) = done.summary["reasons"]
    assert reason.startswith("input/interactions/a is damaged Parquet (")
    assert done.summary["status"] == "refused"


def test_a_file_with_a_column_whose_name_is_not_utf_8_is_a_refusal_that_names_it(tmp_path):
    damaged = table().replace(b"user", b"us\xff\xfe")
    done = run_prepare(tmp_path, {"a": damaged, "b": table()}, dataset={**NAMES, "format": "parquet"})
    (reason,) = done.summary["reasons"]
    assert reason.startswith("input/interactions/a is damaged Parquet (")
