"""Texts that mean "no value": rejected as ids by name, missing as feature values, and replaced by the user's own
list.
"""

import json

import pytest

from contract.null_values import DEFAULT_NULL_VALUES
from tests.unit.containers.prepare.formats import WRITERS
from tests.unit.containers.prepare.job import run_prepare
from tests.unit.containers.prepare.read_files import EXPECTED, NAMES, ROWS, csv, read


@pytest.mark.parametrize("marker", [*DEFAULT_NULL_VALUES, "NA"])
def test_a_null_marker_is_no_id(marker):
    found = read(csv(rows=[*ROWS, (marker, "i1", "5"), ("u1", f" {marker} ", "5"), ("u1", "i1", "1")]))
    assert found.accepted == [*EXPECTED, ("u1", "i1", 1.0)]
    assert found.refused == [("a", 32, "missing user id (a null marker)"), ("a", 33, "missing item id (a null marker)")]


@pytest.mark.parametrize("name", ["none", "nano", "-", "NULLE", "Nan", "N", "Anna", "0", "nulla"])
def test_a_name_like_a_marker_is_an_id(name):
    assert read(csv(rows=[*ROWS, (name, "i1", "5")])).accepted == [*EXPECTED, (name, "i1", 5.0)]


def test_null_values_take_the_place_of_the_usual_ones():
    rows = [*ROWS, ("NULL", "i1", "5"), ("?", "i1", "5"), ("it's", "i1", "5")]
    found = read(csv(rows=rows), null_values=["?", "it's"])
    assert found.accepted == [*EXPECTED, ("NULL", "i1", 5.0)]
    assert [line for _, line, _ in found.refused] == [33, 34]
    assert len(read(csv(rows=rows), null_values=[]).accepted) == 33


@pytest.mark.parametrize("name", WRITERS)
def test_markers_are_the_same_in_all_formats(name):
    rows = [{"user": u, "item": i, "time": t} for u, i, t in [*ROWS, ("NaN", "i1", "5"), ("u1", "i1", "None")]]
    found = read(WRITERS[name](rows), format=name)
    assert found.accepted == EXPECTED
    assert [reason for *_, reason in found.refused] == [
        "missing user id (a null marker)",
        "missing time (a null marker)",
    ]


def test_a_value_that_is_missing():
    found = read("user,item,time,stars\nu1,i1,1,4\nu1,i2,1,NULL\nu1,i3,1,NaN\n", value="stars")
    assert [reason for *_, reason in found.refused] == ["missing value (a null marker)", "value is not finite"]


def test_a_marker_is_no_value_of_a_feature_and_no_title(tmp_path):
    """As a number, NA means no value; as a category it may be Namibia."""
    described = {
        **NAMES,
        "reject_limit": 0.2,
        "items": {"id": "id", "title": "name", "features": {"price": "number", "land": "category"}},
    }
    items = "id,name,price,land\ni0,NULL,NA,NA\ni1,One,N/A,FR\ni2,NA,3,None\ni3,,4,\nnull,x,1,DE\n"
    done = run_prepare(tmp_path, {"a.csv": csv()}, dataset=described, items={"i.csv": items})
    fields = json.loads((done.output / "index" / "features.json").read_text())["items"]
    assert [(field["column"], field["invalid"], field["missing"]) for field in fields] == [
        ("price", 0, 0.6),
        ("land", 0, 0.6),
    ]
    assert fields[1]["values"] == ["FR", "NA"]
    assert done.index("items").title.fillna("").tolist()[:3] == ["", "One", "NA"]
    assert [row["reason"] for row in done.rejected_items] == ["missing item id (a null marker)"]


def test_the_refusal_says_how_to_keep_them(tmp_path):
    done = run_prepare(tmp_path, {"a.csv": csv(rows=[("None", "i1", "5"), *ROWS])})
    assert '"null_values" in input/dataset.json' in done.summary["reasons"][0]


def test_ids_are_the_same_with_and_without_blanks(tmp_path):
    described = {**NAMES, "items": {"id": "id", "title": "name"}}
    padded = csv(rows=[(user, f"{item:10}", time) for user, item, time in ROWS])
    done = run_prepare(tmp_path, {"a": padded}, dataset=described, items={"i": "id,name\n\u3000i0 ,Zero\ni1,One\n"})
    assert done.index("items").title.tolist()[:2] == ["Zero", "One"]
    assert done.summary["trimmed"] == {"interactions": 30, "users": 0, "items": 1}
