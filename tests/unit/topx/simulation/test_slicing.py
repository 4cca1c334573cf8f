"""Cutting data into weeks: each row goes into the week of its time, and none is lost or changed."""

import csv
import json
import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from containers.prepare.reading import text_rows
from containers.prepare.reading.input_files import data_files
from containers.prepare.validation import row_rules
from contract import dataset as dataset_json
from tests.unit.containers.prepare.formats import PACKINGS, WRITERS
from tests.unit.containers.prepare.job import run_prepare
from topx.simulation.slicing import Periods, Unsliceable, cut

FORMS = [("csv", ""), ("csv", ".gz"), ("csv", ".zst"), ("jsonl", ""), ("jsonl", ".zst"), ("parquet", "")]
LAST_DAY = date(2026, 3, 29)
WEEKS = 3
NOW = datetime(2026, 4, 1, tzinfo=UTC)
NAMES = {"user": "who", "item": "what", "value": "stars", "timestamp": 'when, "then"'}


def last_days() -> list[str]:
    """The last day of each week, by the calendar."""
    return [(LAST_DAY - timedelta(7 * back)).isoformat() for back in reversed(range(WEEKS))]


def interactions(number: int = 300) -> list[dict[str, str]]:
    """Rows of five weeks in random order, each with its own value; some times are at the boundaries of a day."""
    chance = random.Random(3)
    begin, end = datetime(2026, 2, 23, tzinfo=UTC), datetime(2026, 3, 29, 23, 59, 59, tzinfo=UTC)
    moments = [
        begin,
        end,
        *(datetime(2026, 3, day, hour, 0, 0, tzinfo=UTC) for day in (15, 16, 22, 23) for hour in (0, 23)),
    ]
    moments += [begin + chance.random() * (end - begin) for _ in range(number - len(moments))]
    return [
        {
            NAMES["user"]: f'u {chance.randrange(20)}, "Ü"',
            NAMES["item"]: f"i{chance.randrange(40)}",
            NAMES["value"]: f"{row}.0",
            NAMES["timestamp"]: moment.isoformat() if row % 2 else f"{moment.timestamp():.3f}",
            "unused": "x",
        }
        for row, moment in enumerate(moments)
    ]


def week_of(row: dict[str, str]) -> str:
    """The last day of the week that a row belongs to, by the calendar."""
    text = row[NAMES["timestamp"]]
    day = (datetime.fromisoformat(text) if "T" in text else datetime.fromtimestamp(float(text), UTC)).date()
    return next(last for last in last_days() if day <= date.fromisoformat(last))


def write(folder: Path, rows: list[dict[str, str]], kind: str = "csv", packing: str = "", **described: Any) -> Path:
    (folder / "interactions" / "deep").mkdir(parents=True)
    half = len(rows) // 2
    for name, part in (("b", rows[:half]), ("deep/a", rows[half:])):
        (folder / "interactions" / f"{name}.{kind}{packing}").write_bytes(PACKINGS[packing](WRITERS[kind](part)))
    (folder / "dataset.json").write_text(json.dumps({"format": kind, **NAMES, **described}), encoding="utf-8")
    return folder


def read(file: Path) -> list[dict[str, str]]:
    """The rows of a week's file, by other readers than topx's."""
    if file.suffix == ".parquet":
        return pq.read_table(file).to_pylist()
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream)) if file.suffix == ".csv" else [json.loads(line) for line in stream]


@pytest.mark.parametrize(("kind", "packing"), FORMS)
def test_every_row_is_in_the_week_of_its_time_and_in_no_other(kind: str, packing: str, tmp_path: Path) -> None:
    rows = interactions()
    slices = cut(write(tmp_path / "data", rows, kind, packing), tmp_path / "weeks", number=WEEKS, days=7, now=NOW)
    assert [found["until"] for found in slices] == last_days()
    expected: dict[str, list[dict[str, str]]] = {last: [] for last in last_days()}
    for row in rows:
        expected[week_of(row)].append({name: row[name] for name in NAMES.values()})
    for found in slices:
        (file,) = (tmp_path / "weeks" / found["until"] / "interactions").iterdir()
        assert read(file) == expected[found["until"]]  # in the order of the data
        assert found["rows"] == len(expected[found["until"]])


def texts(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What prepare would accept and reject of a folder's interactions."""
    dataset = dataset_json.parse((folder / "dataset.json").read_bytes())
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        files = data_files(folder / "interactions", "input/interactions/")
        text_rows.load(database, files, row_rules.text_columns(dataset), "rows", dataset.files)
        row_rules.validate(database, "rows", dataset, NOW.timestamp())
        accepted = database.execute("SELECT user_id, item_id, value, time FROM accepted ORDER BY ALL").fetchall()
        rejected = database.execute("SELECT row FROM rejected ORDER BY ALL").fetchall()
    return {"accepted": accepted, "rejected": rejected}


BAD = {
    "csv": 'u1,"broken,3,2026-03-20\nu1,i1\n"u,1,\n,i1,1,2026-03-20\nu1,i1,1,soon\n"u1",i1,2,"2026-03-21T10:00:00Z"\n',
    "jsonl": '{"who": "u1"\n[1]\n{"who": 1.5, "what": "i"}\n'
    '{"who": "", "what": "i1", "stars": 1, "when": 1}\n{"who": 7, "what": "i1", "stars": 2, "when": "2026-03-21"}\n',
}


@pytest.mark.parametrize("kind", BAD)
def test_rows_that_the_run_refuses_are_given_to_it_and_cost_no_other_row(kind: str, tmp_path: Path) -> None:
    names = {**NAMES, "timestamp": "when"}
    rows = [
        {names["timestamp"] if key == NAMES["timestamp"] else key: row[key] for key in row} for row in interactions(40)
    ]
    rows = [{key: row[key] for key in names.values()} for row in rows]
    data = write(tmp_path / "data", rows, kind, timestamp="when")
    for file in (data / "interactions").rglob(f"*.{kind}"):
        good = file.read_text(encoding="utf-8")
        head, _, rest = good.partition("\n")
        file.write_text(f"{head}\n{BAD[kind]}{rest}{BAD[kind]}", encoding="utf-8")
    slices = cut(data, tmp_path / "weeks", number=WEEKS, days=7, now=NOW)
    together = tmp_path / "together"
    (together / "interactions").mkdir(parents=True)
    (together / "dataset.json").write_bytes((tmp_path / "weeks" / last_days()[0] / "dataset.json").read_bytes())
    for found in slices:
        for file in (tmp_path / "weeks" / found["until"] / "interactions").iterdir():
            (together / "interactions" / file.name).write_bytes(file.read_bytes())
    before, after = texts(data), texts(together)
    assert after["accepted"] == before["accepted"]
    assert len(after["rejected"]) == len(before["rejected"]) == 4 * (5 if kind == "csv" else 4)
    assert sum(found["rows"] for found in slices) == len(before["accepted"]) + len(before["rejected"])


def test_files_of_another_dialect_are_cut_into_usual_ones(tmp_path: Path) -> None:
    rows = interactions(60)
    names = list(NAMES.values())
    described = {"delimiter": ";", "encoding": "utf-16", "header": False, "columns": names}
    data = write(tmp_path / "data", rows, **described)
    shutil.rmtree(data / "interactions")
    (data / "interactions").mkdir()
    with (data / "interactions" / "all.txt").open("w", encoding="utf-16", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([row[name] for name in names] for row in rows)
    slices = cut(data, tmp_path / "weeks", number=WEEKS, days=7, now=NOW)
    assert sum(found["rows"] for found in slices) == len(rows)
    first = json.loads((tmp_path / "weeks" / last_days()[0] / "dataset.json").read_text(encoding="utf-8"))
    assert set(first) & set(described) == set()
    for last in last_days():
        (file,) = (tmp_path / "weeks" / last / "interactions").iterdir()
        assert [row[NAMES["value"]] for row in read(file)] == [
            row[NAMES["value"]] for row in rows if week_of(row) == last
        ]


def test_what_is_said_of_an_item_comes_with_its_first_interaction(tmp_path: Path) -> None:
    rows = interactions(60)
    data = write(tmp_path / "data", rows, items={"id": "sku", "title": "name", "features": {"name": "category"}})
    (data / "items").mkdir()
    ids = [*(f"i{number}" for number in range(40)), "unsold", "i3"]
    (data / "items" / "x.csv").write_text(
        "name,sku\n" + "".join(f"item {sku},{sku}\n" for sku in ids), encoding="utf-8"
    )
    (data / "rules.json").write_text("{}", encoding="utf-8")
    cut(data, tmp_path / "weeks", number=WEEKS, days=7, now=NOW)
    first = dict.fromkeys(ids, last_days()[0])
    for row in sorted(rows, key=week_of, reverse=True):
        first[row[NAMES["item"]]] = week_of(row)
    for last in last_days():
        found = [row for file in (tmp_path / "weeks" / last / "items").iterdir() for row in read(file)]
        assert found == [{"sku": sku, "name": f"item {sku}"} for sku in ids if first[sku] == last]
        assert (tmp_path / "weeks" / last / "rules.json").exists() == (last == last_days()[0])
    assert len(set(first.values())) > 1  # otherwise nothing is tested


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_rows_that_are_left_out_by_choice_are_in_no_week(kind: str, tmp_path: Path) -> None:
    rows = [{**row, "kind": "buy" if number % 3 else "view"} for number, row in enumerate(interactions())]
    data = write(tmp_path / "data", rows, kind, where={"kind": "buy", NAMES["value"]: {"at_least": 30}})
    slices = cut(data, tmp_path / "weeks", number=WEEKS, days=7, now=NOW)
    wanted = [row for row in rows if row["kind"] == "buy" and float(row[NAMES["value"]]) >= 30]
    for found in slices:
        (file,) = (tmp_path / "weeks" / found["until"] / "interactions").iterdir()
        assert read(file) == [
            {name: row[name] for name in (*NAMES.values(), "kind")} for row in wanted if week_of(row) == found["until"]
        ]
    assert sum(found["rows"] for found in slices) == len(wanted)
    with pytest.raises(Unsliceable, match=r"where in input/dataset\.json leaves none of 300 rows"):
        cut(
            write(tmp_path / "none", rows, kind, where={"kind": "lend"}), tmp_path / "no", number=WEEKS, days=7, now=NOW
        )


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_lists_of_categories_are_the_same_values_once_they_are_cut(kind: str, tmp_path: Path) -> None:
    table = {"id": "sku", "title": "name", "features": {"tags": "categories"}}
    data = write(tmp_path / "data", interactions(60), kind, items=table)
    (data / "items").mkdir()
    items = [{"sku": f"i{n}", "name": {"en": "x"}, "tags": ["a|b", f"t{n % 3}", None]} for n in range(40)]
    (data / "items" / "x").write_bytes(WRITERS[kind](items))
    cut(data, tmp_path / "weeks", number=WEEKS, days=7, now=NOW)
    files = [file for last in last_days() for file in (tmp_path / "weeks" / last / "items").iterdir()]
    dataset = {"user": "who", "item": "what", "timestamp": NAMES["timestamp"], "format": kind, "items": table}
    done = run_prepare(
        tmp_path,
        {"a": WRITERS[kind](interactions(60))},
        dataset=dataset,
        items={file.name: file.read_bytes() for file in files},
    )
    (field,) = json.loads((done.output / "index" / "features.json").read_text())["items"]
    assert field["values"] == ["a|b", "t0", "t1", "t2"]


def test_a_week_without_interactions_has_no_file(tmp_path: Path) -> None:
    rows = [row for row in interactions() if week_of(row) != last_days()[1]]
    slices = cut(write(tmp_path / "data", rows), tmp_path / "weeks", number=WEEKS, days=7, now=NOW)
    assert slices[1] == {"until": last_days()[1], "rows": 0}
    assert list((tmp_path / "weeks" / last_days()[1] / "interactions").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "number", "said"),
    [
        ({"timestamp": None}, 3, "names no timestamp column"),
        ({"timestamp_format": "order"}, 3, "only give an order"),
        ({"timestamp": "stars", "value": None}, 3, "numbers from 0 to 299, are in no unit"),
        ({"user": None}, 3, "user is missing"),
        ({"timestamp": "at"}, 3, "must have exactly one column 'at'"),
        ({}, 6, "from 2026-02-23 to 2026-03-29, cover 5 of 7 days each; ask for at most 5"),
    ],
)
def test_data_that_cannot_be_cut_is_reported_with_the_fix(
    change: dict[str, Any], number: int, said: str, tmp_path: Path
) -> None:
    data = write(tmp_path / "data", interactions(), **change)
    with pytest.raises(Unsliceable) as fault:
        cut(data, tmp_path / "weeks", number=number, days=7, now=NOW)
    assert said in str(fault.value)


def test_as_many_weeks_as_there_are_can_be_had(tmp_path: Path) -> None:
    slices = cut(write(tmp_path / "data", interactions()), tmp_path / "weeks", number=5, days=7, now=NOW)
    assert all(found["rows"] for found in slices)


@pytest.mark.parametrize(("days", "there"), [(5, 7), (8, 5), (34, 2), (35, 1), (400, 1)])
def test_a_part_of_a_week_is_the_oldest(days: int, there: int) -> None:
    begin, end = (datetime(2026, month, day, tzinfo=UTC).timestamp() for month, day in ((2, 23), (3, 29)))
    assert Periods.of(begin, end, there, days).number == there  # 35 days
    with pytest.raises(Unsliceable, match=f"ask for at most {there}"):
        Periods.of(begin, end, there + 1, days)


def test_a_folder_without_dataset_json_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(Unsliceable, match=r"has no dataset\.json"):
        cut(tmp_path, tmp_path / "weeks", number=1, days=7, now=NOW)
