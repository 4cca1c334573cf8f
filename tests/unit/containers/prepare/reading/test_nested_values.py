"""Lists in JSON and Parquet are multiple categories; other nested values are rejected by name, or not shown."""

import io
import json

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from containers.prepare.features import feature_texts
from contract.side_table import Feature
from tests.unit.containers.prepare.formats import jsonl_bytes, parquet_bytes
from tests.unit.containers.prepare.job import COLUMNS, Prepared, run_prepare

INTERACTIONS = [{"user": f"u{n % 5}", "item": f"i{n % 8}", "time": 1_700_000_000 + n} for n in range(39)]
WRITERS = {"jsonl": jsonl_bytes, "parquet": parquet_bytes}
GENRES = [["Drama", "Sci-Fi, x|y"], ["Drama", None], [], None, [" Drama ", ""], ["1"], ["Drama"], ["1", "Drama", "1"]]


def prepared(root, kind: str, items: list[dict] | bytes, features: dict, **titled: str) -> Prepared:
    dataset = {**COLUMNS, "format": kind}
    dataset["items"] = {"id": "id", "features": features, **titled}
    content = items if isinstance(items, bytes) else WRITERS[kind](items)
    return run_prepare(root, {"a": WRITERS[kind](INTERACTIONS)}, dataset=dataset, items={"i": content})


def values(done: Prepared) -> dict[str, set[str]]:
    (field,) = json.loads((done.output / "index" / "features.json").read_text())["items"]
    names, ids = (
        {field["first"] + n: value for n, value in enumerate(field["values"])},
        done.index("items").item.tolist(),
    )
    found: dict[str, set[str]] = {each: set() for each in ids}
    for row in done.index("item_features").itertuples():
        found[ids[row.item_index]].add(names[row.feature])
    return found


RIGHT = {
    "i0": {"Drama", "Sci-Fi, x|y"},
    "i1": {"Drama"},
    "i2": set(),
    "i3": set(),
    "i4": {"Drama"},
    "i5": {"1"},
    "i6": {"Drama"},
    "i7": {"1", "Drama"},
}


@pytest.mark.parametrize("kind", WRITERS)
def test_each_element_of_a_list_is_a_value(tmp_path, kind):
    items = [{"id": f"i{n}", "genres": genres} for n, genres in enumerate(GENRES)]
    done = prepared(tmp_path, kind, items, {"genres": "categories"})
    assert values(done) == RIGHT
    assert done.summary["warnings"] == []
    (field,) = done.summary["features"]["items"]
    assert (field["cardinality"], field["missing"], field["invalid"]) == (3, 0.25, 0)


@pytest.mark.parametrize("element", [pa.float64(), pa.bool_()])
def test_elements_need_not_be_texts(tmp_path, element):
    column = pa.array([[0, 1], [1], None, [0]] * 2, pa.list_(pa.int32())).cast(pa.list_(element))
    stream = io.BytesIO()
    pq.write_table(pa.table({"id": [f"i{n}" for n in range(8)], "genres": column}), stream)
    done = prepared(tmp_path, "parquet", stream.getvalue(), {"genres": "categories"})
    assert done.summary["features"]["items"][0]["cardinality"] == 2


def test_a_list_in_json_may_mix_its_types_and_stand_beside_plain_text(tmp_path):
    genres = [["a", 1, True, 2.5], "a|b", "a", 1, None, [None], ["a|b"], []]
    items = [{"id": f"i{n}", "genres": each} for n, each in enumerate(genres)]
    done = prepared(tmp_path, "jsonl", items, {"genres": "categories"})
    assert list(values(done).values()) == [
        {"a", "1", "true", "2.5"}, {"a", "b"}, {"a"}, {"1"}, set(), set(), {"a|b"}, set()
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "declared"), [("jsonl", "number"), ("parquet", "category")])
def test_a_list_of_another_type_is_refused_with_the_fix(tmp_path, kind, declared):
    items = [{"id": f"i{n}", "genres": ["7"]} for n in range(8)]
    reasons = prepared(tmp_path, kind, items, {"genres": declared}).summary["reasons"]
    assert "column 'genres' is a list, which only a feature of type categories can be" in reasons[0]


NESTED = [{"name": "Drama"}, [{"name": "Drama"}], [["Drama"]]]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("value", NESTED, ids=str)
def test_what_is_nested_deeper_is_refused_by_column_and_type(tmp_path, kind, value):
    items = [{"id": f"i{n}", "genres": value} for n in range(8)]
    reasons = prepared(tmp_path, kind, items, {"genres": "categories"}).summary["reasons"]
    assert "column 'genres' is " in reasons[0]
    assert "must be text, a number, or for a feature of type categories a list of these" in reasons[0]


@pytest.mark.parametrize(("kind", "title"), [("jsonl", ["Up"]), ("parquet", {"en": "Up"})], ids=str)
def test_titles_that_are_no_texts_are_not_shown_and_reported(tmp_path, kind, title):
    items = [{"id": f"i{n}", "genres": ["a", "b"], "name": title} for n in range(8)]
    done = prepared(tmp_path, kind, items, {"genres": "categories"}, title="name")
    assert done.summary["status"] == "ready"
    assert done.index("items").title.isna().all()
    (warning,) = done.summary["warnings"]
    assert "'name'" in warning
    assert "name a column of texts in items.title" in warning


def texts(column: list[object]) -> bytes:
    """As pandas and others write a column of lists to CSV."""
    return pd.DataFrame({"id": [f"i{n}" for n in range(len(column))], "genres": column}).to_csv(index=False).encode()


LISTED = [
    [["Drama", "War"], ["War"]] * 4,
    [("Drama", "War"), ("War",)] * 4,
    [np.array(["Drama", "War"]), np.array([])] * 4,
    [[1, 2], [3]] * 4,
    [{"Drama"}, {"War", "Drama"}] * 4,
    ["{Drama,War}", "{War}"] * 4,
    ['["Drama", "War"]', "[]"] * 4,
    [[{"id": 18, "name": "Drama"}], []] * 4,
    ['{"id": 18}', '{"id": 7}'] * 4,
]


def is_bad(text: str, kind: str = "categories") -> bool:
    found = duckdb.execute(
        f"SELECT {feature_texts.is_bad(Feature('genres', kind), 'text')} FROM (SELECT $1 AS text)", [text]
    )
    return bool(found.fetchall()[0][0])


@pytest.mark.parametrize("column", LISTED, ids=lambda column: str(column[0]))
def test_the_text_of_a_list_is_no_value(column):
    written = pd.read_csv(io.BytesIO(texts(column)), dtype=str).genres
    assert all(is_bad(text, kind) for text in written for kind in ("category", "categories"))


@pytest.mark.parametrize("text", ["[Beta]", "(5)", "Drama [1999]", "a{b}", "[", "'Drama'", "(Sub)|[Dub]", "x, y", "7"])
def test_brackets_alone_make_no_list(text):
    assert not is_bad(text)


@pytest.mark.parametrize("kind", ["category", "categories"])
def test_a_column_of_such_texts_is_refused_with_the_fix(tmp_path, kind):
    dataset = {**COLUMNS, "items": {"id": "id", "features": {"genres": kind}}}
    rows = pd.DataFrame(INTERACTIONS).to_csv(index=False)
    done = run_prepare(tmp_path, {"a.csv": rows}, dataset=dataset, items={"i.csv": texts(LISTED[0])})
    (reason,) = done.summary["reasons"]
    assert f"of type {kind}, but 8 of 8 values (100.00%) are lists written as text, most frequently " in reason
    assert """"['Drama', 'War']" (4, the first in input/items/i.csv line 2)""" in reason
    assert "column.str.join('|')" in reason
