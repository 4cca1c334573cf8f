"""Filtered rows: the same ones in every format, never rejected, and with a warning if the filter is odd."""

import pandas as pd
import pyarrow as pa
import pytest

from contract.file_format import FORMATS
from tests.unit.containers.prepare.formats import WRITERS, parquet_bytes
from tests.unit.containers.prepare.job import COLUMNS, Prepared, random_interactions, run_prepare


def events(rows: int = 600) -> pd.DataFrame:
    frame = random_interactions(2, users=20, items=30, rows=rows)
    kinds = ["view"] * 6 + ["cart"] * 3 + ["purchase"]
    return frame.assign(kind=[kinds[n % 10] for n in range(rows)], bot=[n % 7 == 0 for n in range(rows)])


def kept_pairs(frame: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(frame.user, frame.item, strict=True))


def found_pairs(done: Prepared) -> set[tuple[str, str]]:
    users, items, pairs = done.index("users").user, done.index("items").item, done.index("pairs")
    return {(users[user], items[item]) for user, item in zip(pairs.user_index, pairs.item_index, strict=True)}


def prepared(root, frame: pd.DataFrame, where: dict, kind: str = "csv", **others) -> Prepared:
    rows = frame.to_dict("records") if kind != "csv" else frame.astype(str).to_dict("records")
    dataset = {**COLUMNS, "format": kind, "where": where, **others}
    return run_prepare(root, {"a": WRITERS[kind](rows)}, dataset=dataset)


CHOICES = [
    ({"kind": "purchase"}, "kind == 'purchase'"),
    ({"kind": ["purchase", "cart"]}, "kind in ('purchase', 'cart')"),
    ({"value": {"at_least": 2.5, "at_most": 3}}, "2.5 <= value <= 3"),
    ({"user": ["u001", "u002", "u003"]}, "user in ('u001', 'u002', 'u003')"),
    ({"time": {"at_least": 1_700_001_010}}, "time >= 1700001010"),
    ({"value": [5, 1.5], "time": {"at_most": 1_700_001_025}}, "(value == 5 or value == 1.5) and time <= 1700001025"),
    (
        {"bot": False, "kind": ["view", "cart"], "value": {"at_least": 2}},
        "not bot and kind != 'purchase' and value >= 2",
    ),
]


@pytest.mark.parametrize(
    ("kind", "where", "query"),
    [("csv", *each) for each in CHOICES] + [(kind, *each) for kind in ("jsonl", "parquet") for each in CHOICES[-2:]],
)
def test_what_is_kept_is_what_pandas_selects(tmp_path, kind, where, query):
    frame = events()
    done = prepared(tmp_path, frame, where, kind)
    right = frame.query(query)
    assert 0 < len(right) < len(frame)
    assert found_pairs(done) == kept_pairs(right)
    rows = done.summary["rows"]
    assert (rows["read"], rows["filtered"], rows["rejected"]) == (600, 600 - len(right), 0)
    assert rows["interactions"] == 600 - rows["filtered"] - rows["duplicates"] == len(kept_pairs(right))
    assert not [warning for warning in done.summary["warnings"] if "hold-out" not in warning]


@pytest.mark.parametrize("stars", [pa.decimal128(5, 1), pa.int8(), pa.float32(), pa.string()])
def test_a_number_is_one_whatever_parquet_calls_it(tmp_path, stars):
    schema = pa.schema([("user", pa.string()), ("item", pa.string()), ("time", pa.int64()), ("stars", stars)])
    table = pa.table({"user": ["a", "b", "c", "a"], "item": ["x", "y", "x", "y"], "time": [1, 2, 3, 4]})
    table = table.append_column("stars", pa.array([5.0, 4.0, 5.0, 3.0]).cast(stars)).cast(schema)
    done = run_prepare(
        tmp_path,
        {"a": parquet_bytes(table.to_pylist(), schema=schema)},
        dataset={**COLUMNS, "format": "parquet", "where": {"stars": [5, 3]}},
    )
    assert found_pairs(done) == {("a", "x"), ("c", "x"), ("a", "y")}


def test_texts_compare_as_texts_and_numbers_as_numbers(tmp_path):
    text = "user,item,time,n\n" + "".join(
        f"u{n},i{n % 2},{n},{value}\n"
        for n, value in enumerate(
            ["42", " 42 ", "042", "42.0", "4.2e1", "x", "", "9007199254740993", "9007199254740992"]
        )
    )

    def kept(*values):
        done = run_prepare(tmp_path, {"a.csv": text}, dataset={**COLUMNS, "where": {"n": list(values)}, "user": "user"})
        return [int(user[1:]) for user, _ in sorted(found_pairs(done))]

    assert kept("42", "x") == [0, 1, 5]
    assert kept(42) == [0, 1, 2, 3, 4]
    assert kept("", "x") == [5, 6]
    assert kept(9007199254740993, "") == [6, 7]


def test_what_is_left_out_is_never_refused_whatever_is_wrong_with_it(tmp_path):
    good = "".join(f"u{n % 5},i{n % 4},{n},buy\n" for n in range(40))
    bad = ",,never,view\n" * 30
    done = run_prepare(
        tmp_path, {"a.csv": "user,item,time,kind\n" + good + bad}, dataset={**COLUMNS, "where": {"kind": "buy"}}
    )
    assert done.summary["status"] == "ready"
    assert (done.summary["rows"]["filtered"], done.summary["rows"]["rejected"], done.rejected) == (30, 0, [])


def test_no_value_is_left_out_and_a_value_that_is_no_number_is_refused(tmp_path):
    rows = [*["5"] * 50, "", " ", '"4,5"', "nan", "3", "five"]
    text = "user,item,time,stars\n" + "".join(f"u{n % 5},i{n % 4},{n},{stars}\n" for n, stars in enumerate(rows))
    where = {"stars": {"at_least": 4}, "item": ["i0", "i1", "i2"]}
    done = run_prepare(tmp_path, {"a.csv": text}, dataset={**COLUMNS, "where": where, "reject_limit": 0.1})
    # nan is a null marker, and the row with five stars has item i3, which is filtered out whatever its stars.
    assert [(row["line"], row["row"]) for row in done.rejected] == [(54, "stars: 4,5")]
    assert {row["reason"] for row in done.rejected} == {
        "stars is not a number, and where in dataset.json has bounds for it"
    }
    rows = done.summary["rows"]
    assert rows["read"] == rows["filtered"] + rows["rejected"] + rows["duplicates"] + rows["interactions"]


@pytest.mark.parametrize(("nulls", "none"), [(None, {"NULL", r"\N", "NaN", "NA"}), (["-"], {"-", "NaN"})])
def test_a_null_marker_is_no_value(tmp_path, nulls, none):
    """NaN is not a number even if it is not a null marker."""
    texts = ["NULL", r"\N", "NaN", "NA", "-"]
    text = "user,item,time,stars\n" + "".join(f"u{n % 5},i{n % 4},{n},5\n" for n in range(50))
    text += "".join(f"u1,i1,{n},{each}\n" for n, each in enumerate(texts))
    described = {**COLUMNS, "reject_limit": 0.2, **({"null_values": nulls} if nulls else {})}
    done = run_prepare(tmp_path, {"a.csv": text}, dataset={**described, "where": {"stars": {"at_least": 4}}})
    refused = {row["row"].removeprefix("stars: ") for row in done.rejected}
    assert refused == set(texts) - none | (set() if nulls is None else {"NaN"})
    assert done.summary["rows"]["filtered"] == 5 - len(refused)


def test_asking_for_no_value_finds_null_markers_too(tmp_path):
    """But not NA, which is Namibia when texts are compared."""
    kinds = ["", " ", "NULL", "None", "NA", "buy", "NULL"]
    text = "user,item,time,kind\n" + "".join(f"u{n},i{n},{n},{kind}\n" for n, kind in enumerate(kinds))
    for wanted, users in (("", {0, 1, 2, 3, 6}), ("NULL", {2, 6}), (["", "buy"], {0, 1, 2, 3, 5, 6})):
        done = run_prepare(tmp_path, {"a.csv": text}, dataset={**COLUMNS, "where": {"kind": wanted}})
        assert set(done.index("users").user) == {f"u{n}" for n in users}


def test_the_limit_is_a_share_of_the_rows_that_are_wanted(tmp_path):
    text = "user,item,time,kind\n" + "".join(f"u{n % 5},i{n % 4},{n},buy\n" for n in range(49)) + ",i1,5,buy\n"
    views = "".join(f"u{n % 5},i{n % 4},{n},view\n" for n in range(950))
    done = run_prepare(tmp_path, {"a.csv": text + views}, dataset={**COLUMNS, "where": {"kind": "buy"}})
    (reason,) = done.summary["reasons"]
    assert "1 of 50 rows (2.00%) were rejected" in reason


def test_a_choice_that_leaves_nothing_says_what_there_is(tmp_path):
    frame = events()
    done = prepared(tmp_path, frame, {"kind": "purchased", "value": {"at_least": 2}})
    assert done.summary["status"] == "refused"
    (reason,) = done.summary["reasons"]
    several = int((frame.value >= 2).sum())
    assert reason == (
        "where in input/dataset.json leaves none of 600 rows: kind 'purchased' holds for 0: the column has 'view' "
        f"(60.0%), 'cart' (30.0%), 'purchase' (10.0%); value at least 2 holds for {several}; use values that the data "
        "has"
    )
    assert done.summary["rows"]["filtered"] == 600


def test_a_value_that_no_row_has_is_warned_of_while_others_are_there(tmp_path):
    done = prepared(tmp_path, events(), {"kind": ["purchase", "Cart"]})
    assert done.summary["warnings"] == [
        "No row has 'Cart' in kind, as where in dataset.json asks for: the column has 'view' (60.0%), 'cart' (30.0%), "
        "'purchase' (10.0%)."
    ]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_column_that_is_not_there_is_a_fault_of_the_file(tmp_path, kind):
    done = prepared(tmp_path, events(20), {"event": "buy"}, kind)
    assert any("'event'" in reason for reason in done.summary["reasons"])
