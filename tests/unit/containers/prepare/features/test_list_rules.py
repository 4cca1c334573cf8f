"""The items that rules allow, and the seen items that a list leaves out."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.unit.containers.prepare.job import Prepared, run_prepare

DAY = 86_400
FIRST = 1_700_006_400
# Ann had a on day 0 and again on day 20, b on day 1, c on day 19; Bob had c on day 13 and d on day 20.
ROWS = [("ann", "a", 0), ("ann", "b", 1), ("ann", "c", 19), ("ann", "a", 20), ("bob", "c", 13), ("bob", "d", 20)]
INTERACTIONS = "user,item,time\n" + "".join(f"{user},{item},{FIRST + day * DAY}\n" for user, item, day in ROWS)
ITEMS = "item,genres,brand\na,x|y,one\nb,y,two\nc,,one\ne,z,two\n"  # e has no interaction, d no description
DATASET = {
    "user": "user",
    "item": "item",
    "timestamp": "time",
    "timestamp_format": "seconds",
    "items": {"id": "item", "features": {"genres": "categories", "brand": "category"}},
}


def prepared(folder: Path, rules: dict[str, Any], exclude_seen: object = True) -> Prepared:
    request = {"rules": rules, "exclude_seen": exclude_seen}
    return run_prepare(folder, {"a.csv": INTERACTIONS}, items={"i.csv": ITEMS}, dataset=DATASET, request=request)


def shown(done: Prepared) -> str:
    """The items that lists may contain."""
    rows = duckdb.sql(f"SELECT item FROM '{done.output}/index/items.parquet' WHERE servable ORDER BY item").fetchall()
    assert done.summary["servable"] == len(rows)
    return "".join(item for (item,) in rows)


def left_out(done: Prepared) -> dict[str, str]:
    """By user, the items left out of the list."""
    index = f"{done.output}/index"
    rows = duckdb.sql(
        f"""SELECT "user", string_agg(item, '' ORDER BY item) FROM '{index}/pairs.parquet'
        JOIN '{index}/users.parquet' USING (user_index) JOIN '{index}/items.parquet' USING (item_index)
        WHERE left_out GROUP BY ALL"""
    ).fetchall()
    return dict(rows)


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ({}, "abcde"),
        ({"exclude": ["a", "e"]}, "bcd"),
        ({"exclude": [{"column": "genres", "values": ["y"]}]}, "cde"),
        ({"exclude": ["d", {"column": "genres", "values": ["x", "z"]}]}, "bc"),
        ({"only": ["a", "c", "d"]}, "acd"),
        ({"only": [{"column": "brand", "values": ["one"]}, "d"]}, "acd"),
        ({"only": [{"column": "brand", "values": ["one"]}], "exclude": [{"column": "genres", "values": ["x"]}]}, "c"),
        ({"only": ["a"], "most_per_category": {"column": "genres", "most": 1}}, "a"),
    ],
)
def test_rules_choose_by_id_and_by_feature(tmp_path: Path, rules: dict[str, Any], left: str) -> None:
    done = prepared(tmp_path, rules)
    assert shown(done) == left
    assert done.summary["rules"] == {"unknown": {}}


@pytest.mark.parametrize(
    ("exclude_seen", "left"),
    [
        (True, {"ann": "abc", "bob": "cd"}),
        (False, {}),
        ({"days": 1}, {"ann": "ac", "bob": "d"}),
        ({"days": 7}, {"ann": "ac", "bob": "cd"}),  # day 13 is seven days before day 20
        ({"days": 6}, {"ann": "ac", "bob": "d"}),
        ({"days": 100}, {"ann": "abc", "bob": "cd"}),
    ],
)
def test_what_is_seen_is_what_was_had_in_the_window(tmp_path: Path, exclude_seen: object, left: dict[str, str]) -> None:
    done = prepared(tmp_path, {}, exclude_seen)
    assert left_out(done) == left
    assert done.summary["seen_p95"] == max((len(items) for items in left.values()), default=0)


def test_a_list_does_not_leave_out_what_none_may_hold(tmp_path: Path) -> None:
    done = prepared(tmp_path, {"exclude": ["a", "c"]})
    assert left_out(done) == {"ann": "b", "bob": "d"}
    assert done.summary["seen_p95"] == 1


def test_names_that_the_data_does_not_know_are_counted_and_shown(tmp_path: Path) -> None:
    gone = [f"gone {number}" for number in range(5)]
    done = prepared(tmp_path, {"exclude": [*gone, "a", {"column": "genres", "values": ["w"]}], "only": ["a", "b", "?"]})
    assert shown(done) == "b"
    assert done.summary["rules"]["unknown"] == {
        "exclude": {"count": 6, "examples": gone[:3]},
        "only": {"count": 1, "examples": ["?"]},
    }


def test_rules_that_leave_no_item_refuse_the_run(tmp_path: Path) -> None:
    done = prepared(tmp_path, {"only": ["A", "B"]})
    assert done.summary["status"] == "refused"
    (reason,) = done.summary["reasons"]
    assert reason.startswith("the rules leave none of 5 items (only names 2 that the data does not know: 'A', 'B')")
    assert "change only and exclude in input/rules.json" in reason
    both = prepared(tmp_path, {"only": ["a"], "exclude": ["a"]})
    assert both.summary["reasons"] == [
        "the rules leave none of 5 items; change only and exclude in input/rules.json or in the run's rules"
    ]
