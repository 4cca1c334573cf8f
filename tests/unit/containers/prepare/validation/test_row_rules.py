"""Each reason for rejecting a row, and numbers and times compared with Python's own readers."""

import math
from datetime import UTC, datetime

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containers.prepare.validation.row_rules import text_columns, validate
from contract.dataset import Dataset
from tests.unit.containers.prepare.job import run_prepare

DATASET = {"user": "user", "item": "item", "value": "stars", "timestamp": "when", "reject_limit": 1}
GOOD = "".join(f"u{n % 3},i{n % 4},{n % 5},{1_600_000_000 + n}\n" for n in range(12))

UNREADABLE = "time is in a format that needs a timestamp_format"
FUTURE = "time is in the future: after 2026-11-24 03:00 UTC, a day beyond the run's start"
ZERO = "time is an epoch such as 1970-01-01, which usually means a missing time, and the others are later"
ABBREVIATED = "time has a zone by abbreviation, which is not one offset: write +02:00, UTC or Europe/Berlin"
REFUSED = [
    (",i1,5,1600000000", "missing user id"),
    ("u1,,5,1600000000", "missing item id"),
    ('u1,"",5,1600000000', "missing item id"),
    (" \t ,i1,5,1600000000", "blank user id"),
    ("u1,  ,5,1600000000", "blank item id"),
    (f"{'é' * 513},i1,5,1600000000", "user id longer than 1,024 bytes"),
    (f"u1,{'x' * 1025},5,1600000000", "item id longer than 1,024 bytes"),
    ("u1,i1,,1600000000", "missing value"),
    ("u1,i1, ,1600000000", "missing value"),
    ("u1,i1,five,1600000000", "value is not a number"),
    ("u1,i1,1_000,1600000000", "value is not a number"),
    ('u1,i1,"4,5",1600000000', "value is not a number"),
    ("u1,i1,NaN,1600000000", "value is not finite"),
    ("u1,i1,-inf,1600000000", "value is not finite"),
    ("u1,i1,1e999,1600000000", "value is not finite"),
    ("u1,i1,3.5e38,1600000000", "value is beyond 32-bit floating point"),
    ("u1,i1,5,", "missing time"),
    ("u1,i1,5,nan", "time is not finite"),
    ("u1,i1,5,1600000000000", "time is in epoch milliseconds, and the column is in epoch seconds"),
    ("u1,i1,5,1600000000000000", "time is in epoch microseconds, and the column is in epoch seconds"),
    ("u1,i1,5,1600000000000000000", "time is in epoch nanoseconds, and the column is in epoch seconds"),
    ("u1,i1,5,20200913", "time is in numbers like 20261124 (%Y%m%d), and the column is in epoch seconds"),
    ("u1,i1,5,7342837200", FUTURE),
    ("u1,i1,5,2026-11-24T03:00:01Z", FUTURE),
    ("u1,i1,5,9999-12-31", FUTURE),
    ("u1,i1,5,0", ZERO),
    ("u1,i1,5,-1", ZERO),
    ("u1,i1,5,-62135596800", ZERO),
    ("u1,i1,5,1969-12-31 19:00:00-05:00", ZERO),
    ("u1,i1,5,1899-12-30", ZERO),
    ("u1,i1,5,0001-01-01T00:00:00", ZERO),
    ("u1,i1,5,-1e12", "time is before the year 1"),
    ("u1,i1,5,2026-02-03 04:05:06 EST", ABBREVIATED),
    ("u1,i1,5,yesterday", UNREADABLE),
    ("u1,i1,5,2026-02-30", UNREADABLE),
    ("u1,i1,5,2026-02-03T04:05+77:00", UNREADABLE),
    ("u1,i1,5,05/06/2024", UNREADABLE),
    ("u1,i1,5", "too few fields"),
    ("u1", "too few fields"),
    ("u1,i1,5,1600000000,", "too many fields"),
    ('u1,"i1"x,5,1600000000', "broken quoting"),
]


@pytest.mark.parametrize(("row", "reason"), REFUSED)
def test_a_refused_row_is_reported_once_with_file_line_and_reason(tmp_path, row, reason):
    text = f"user,item,stars,when\n{GOOD}{row}\nu9,i9,1,1600000000\n"
    other = "user,item,stars,when\nu8,i8,1,1600000005\n"
    done = run_prepare(tmp_path, {"a.csv": other, "b.csv": text}, dataset=DATASET)
    found = [{name: rejected[name] for name in ("file", "line", "reason")} for rejected in done.rejected]
    assert found == [{"file": "input/interactions/b.csv", "line": 14, "reason": reason}]
    assert done.summary["rejected_by_reason"] == {reason: 1}
    assert done.summary["rows"] == {"read": 15, "rejected": 1, "duplicates": 0, "interactions": 14}
    assert [file["rejected"] for file in done.summary["files"]] == [0, 1]


def test_a_row_that_is_not_utf8_is_refused_and_shown_with_a_mark(tmp_path):
    text = b"user,item,stars,when\n" + GOOD.encode() + b"caf\xe9,i1,5,1600000000\n"
    done = run_prepare(tmp_path, {"a.csv": text}, dataset=DATASET)
    assert [(row["line"], row["reason"], row["row"]) for row in done.rejected] == [
        (14, "not UTF-8", "caf\ufffd,i1,5,1600000000")
    ]


def test_bytes_that_are_not_utf8_do_no_harm_in_a_column_that_is_not_used(tmp_path):
    rows = b"".join(f"u{n % 3},i{n % 4},".encode() + b"caf\xe9\n" for n in range(12))
    done = run_prepare(tmp_path, {"a.csv": b"user,item,place\n" + rows}, dataset={"user": "user", "item": "item"})
    assert done.summary["rows"]["rejected"] == 0


def test_a_row_of_several_faults_is_refused_once_for_the_first_of_them(tmp_path):
    done = run_prepare(tmp_path, {"a.csv": f"user,item,stars,when\n{GOOD},,x,y\n"}, dataset=DATASET)
    assert [row["reason"] for row in done.rejected] == ["missing user id"]


def test_a_refused_row_is_shown_by_its_columns_and_shortened(tmp_path):
    dataset = {**DATASET, "value": 'it\'s "stars"'}
    row = f'{"x" * 300},i1,"a ""b""",1600000000'
    done = run_prepare(tmp_path, {"a.csv": f'user,item,"it\'s ""stars""",when\n{GOOD}{row}\n'}, dataset=dataset)
    assert done.rejected[0]["row"] == {
        "user": "x" * 200,
        "item": "i1",
        'it\'s "stars"': 'a "b"',
        "when": "1600000000",
    }


def test_ids_of_1024_bytes_and_values_at_the_edge_of_float32_are_good(tmp_path):
    row = f"{'é' * 512},i1,3.4028234663852886e38,1600000000\nu1,{'x' * 1024},-3.4028234663852886e38,1600000000\n"
    done = run_prepare(tmp_path, {"a.csv": f"user,item,stars,when\n{GOOD}{row}"}, dataset=DATASET)
    assert done.summary["rows"]["rejected"] == 0
    assert done.summary["longest_id_bytes"] == {"user": 1024, "item": 1024}


def validated(
    times: list[str], values: list[str], timestamp_format: str | None = None, until: float = 253_402_300_799
) -> dict[int, tuple[float, float]]:
    """row → (value, time) of the accepted rows."""
    dataset = Dataset(user="u", item="i", value="v", timestamp="t", timestamp_format=timestamp_format)
    with duckdb.connect(config={}) as database:
        database.execute("SET TimeZone = 'UTC'")
        names = ", ".join(f"{name} VARCHAR" for name in text_columns(dataset))
        database.execute(f"CREATE TABLE r (row_order BIGINT, file INTEGER, line BIGINT, {names})")
        database.execute(
            "CREATE TABLE r_malformed (row_order BIGINT, file INTEGER, line BIGINT, reason VARCHAR, raw VARCHAR)"
        )
        database.execute("CREATE TABLE r_groups (file INTEGER, row_group INTEGER, first_row BIGINT)")
        rows = [(n, 0, n, "u", "i", value, time) for n, (value, time) in enumerate(zip(values, times, strict=True))]
        database.execute(f"INSERT INTO r VALUES {', '.join(['(?, ?, ?, ?, ?, ?, ?)'] * len(rows))}", sum(rows, ()))
        validate(database, "r", dataset, until)
        accepted = database.execute("SELECT row_order, value, time FROM accepted").fetchall()
    return {row: (value, time) for row, value, time in accepted}


def python_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    usable = math.isfinite(number) and abs(number) <= float(np.finfo(np.float32).max)
    return number if usable and "_" not in text and text.isascii() else None


NUMBER_LIKE = st.one_of(
    st.floats().map(repr),
    st.integers(-(10**6), 10**6).map(str),
    st.text(st.sampled_from("0123456789.eE+-_ naif"), max_size=8),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(NUMBER_LIKE, min_size=40, max_size=60))
def test_values_are_what_python_reads(texts):
    accepted = validated(["1600000000"] * len(texts), texts)
    for row, text in enumerate(texts):
        expected = python_number(text)
        assert accepted.get(row, (None,))[0] == (None if expected is None else pytest.approx(expected, rel=1e-15)), text


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(1, 1, 2), datetime(2026, 11, 20)),
            st.sampled_from(["T", " "]),
            st.sampled_from(["", "Z", "+00:00", "+02:00", "-11:30", "+0530", "-08"]),
            st.sampled_from(["auto", "minutes", "seconds", "milliseconds", "microseconds"]),
        ),
        min_size=20,
        max_size=30,
    )
)
def test_iso_8601_is_what_python_reads_and_utc_without_a_zone(moments):
    texts = [moment.isoformat(sep, spec) + zone for moment, sep, zone, spec in moments]
    accepted = validated(texts, ["1"] * len(texts))
    for row, text in enumerate(texts):
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        assert accepted[row][1] == pytest.approx((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds(), abs=1e-4)


def test_a_time_without_a_zone_is_utc_in_the_job_itself(tmp_path):
    rows = "u1,i1,1,1970-01-02T00:00:00\nu2,i2,1,1970-01-01T02:00:00+02:00\n"
    done = run_prepare(tmp_path, {"a.csv": f"user,item,stars,when\n{rows}"}, dataset=DATASET)
    assert done.index("pairs").time.tolist() == [86_400.0, 0.0]
