"""Side features from files to the matrix, compared with answers known by construction and with other readers."""

import json
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from tests.unit.containers.prepare.job import COLUMNS, Prepared, csv_text, random_interactions, run_prepare

INTERACTIONS = {"a.csv": "user,item,time\nu1,i1,1\nu1,i2,2\nu2,i1,3\n"}
FIELD_WEIGHT = 0.1
FILMS = "id,genres,year,studio\n"


def dataset(side: str = "items", **features) -> dict:
    return {**COLUMNS, side: {"id": "id", "features": features}}


def known(done: Prepared, side: str) -> dict[str, dict[str, float]]:
    """By id, the share of each feature value in its field, such as {"genres=Drama": 0.5}."""
    fields = json.loads((done.output / "index" / "features.json").read_text())[f"{side}s"]
    names = {f["first"] + n: f"{f['column']}={value}" for f in fields for n, value in enumerate(f["values"])}
    ids = done.index(f"{side}s")[side].tolist()
    found: dict[str, dict[str, float]] = {each: {} for each in ids}
    for row in done.index(f"{side}_features").itertuples():
        found[ids[row[1]]][names[row.feature]] = pytest.approx(row.weight / FIELD_WEIGHT)
    return found


def test_a_category_is_one_column_for_each_value(tmp_path):
    items = {"f.csv": FILMS + "i1,,, A24 \ni2,,,Gaumont\n"}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=dataset(studio="category"), items=items)
    assert known(done, "item") == {"i1": {"studio=A24": 1.0}, "i2": {"studio=Gaumont": 1.0}}
    assert done.summary["feature_dim"] == 2 + 2 + 2


def test_the_weights_of_several_categories_sum_to_one(tmp_path):
    items = {"f.csv": FILMS + "i1,Drama| Comedy |Drama||War,,\ni2,War,,\n"}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=dataset(genres="categories"), items=items)
    third = 1 / 3
    assert known(done, "item") == {
        "i1": {"genres=Comedy": third, "genres=Drama": third, "genres=War": third},
        "i2": {"genres=War": 1.0},
    }


def test_the_separator_is_text_and_no_pattern(tmp_path):
    items = {"f.csv": FILMS + "i1,a.b.c,,\n"}
    described = dataset(genres={"type": "categories", "separator": "."})
    done = run_prepare(tmp_path, INTERACTIONS, dataset=described, items=items)
    assert set(known(done, "item")["i1"]) == {"genres=a", "genres=b", "genres=c"}


def test_a_number_falls_into_quantile_intervals_that_hold_their_lower_end(tmp_path):
    years = [1950, 1960, 1970, 1980, 1990, 2000, 2010, 2020]
    items = {"f.csv": FILMS + "".join(f"i{n},,{year},\n" for n, year in enumerate(years))}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=dataset(year={"type": "number", "bins": 4}), items=items)
    found = known(done, "item")
    assert [next(iter(found[f"i{n}"])) for n in range(8)] == [
        "year=below 1960",
        *["year=1960 to 1980"] * 2,
        *["year=1980 to 2000"] * 2,
        *["year=2000 and above"] * 3,
    ]


def test_intervals_of_a_crowded_number_merge(tmp_path):
    items = {"f.csv": FILMS + "".join(f"i{n},,{0 if n < 90 else n},\n" for n in range(100))}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=dataset(year={"type": "number", "bins": 20}), items=items)
    (field,) = json.loads((done.output / "index" / "features.json").read_text())["items"]
    assert field["edges"] == [94.0]
    assert field["values"] == ["below 94", "94 and above"]


def test_one_number_for_all_is_one_interval(tmp_path):
    items = {"f.csv": FILMS + "i1,,5,\ni2,,5.0,\n"}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=dataset(year="number"), items=items)
    assert known(done, "item") == {"i1": {"year=any": 1.0}, "i2": {"year=any": 1.0}}


def test_items_and_users_that_are_only_described_are_in_the_index_and_undescribed_ones_are_not(tmp_path):
    both = dataset(studio="category") | {"users": {"id": "who", "features": {"land": "category"}}}
    items = {"f.csv": FILMS + "new,,,A24\nbare,Drama,1999, \n"}
    users = {"u.csv": "who,land\nu9,FR\nu8,\n"}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=both, items=items, users=users)
    assert done.index("items").item.tolist() == ["i1", "i2", "new"]
    assert done.index("items").popularity.tolist() == [2, 1, 0]
    assert done.index("users")[["user", "seen", "interactions"]].values.tolist() == [
        ["u1", 2, 2],
        ["u2", 1, 1],
        ["u9", 0, 0],
    ]
    assert done.summary["unseen"] == {"users": 1, "items": 1}
    assert known(done, "user") == {"u1": {}, "u2": {}, "u9": {"land=FR": 1.0}}
    columns = set(done.index("user_features").feature) | set(done.index("item_features").feature)
    assert columns == {6, 7}
    assert done.summary["feature_dim"] == 8
    assert done.summary["seen_p95"] == 2  # of those who have seen anything


def test_of_an_id_given_twice_the_later_row_counts_whole(tmp_path):
    items = {"a.csv": FILMS + "i1,Drama,,A24\n", "b.csv": "studio,id,genres,year\n,i1,War,\n"}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=dataset(genres="categories", studio="category"), items=items)
    assert known(done, "item")["i1"] == {"genres=War": 1.0}


def test_a_field_is_reported_with_cardinality_and_missing_share(tmp_path):
    items = {"f.csv": FILMS + "i1,Drama|War,x,\ni3,War,7,A24\ni4,,8,\n"}
    described = dataset(genres="categories", year="number", studio="category") | {"reject_limit": 0.5}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=described, items=items)
    assert done.summary["features"] == {
        "users": [],
        "items": [
            {"column": "genres", "type": "categories", "cardinality": 2, "missing": 0.5, "invalid": 0},
            {"column": "year", "type": "number", "cardinality": 2, "missing": 0.5, "invalid": 1},
            {"column": "studio", "type": "category", "cardinality": 1, "missing": 0.75, "invalid": 0},
        ],
    }


def test_a_column_of_words_is_no_number_and_the_most_frequent_word_is_reported_first(tmp_path):
    items = {"f.csv": FILMS + "i1,,a-once,\ni2,,inf,\ni3,,1999,\ni4,,1_000,\ni5,,inf,\ni6,,zzz,\n"}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=dataset(year="number"), items=items)
    assert done.summary["reasons"] == [
        "items.features.year in input/dataset.json is of type number, but 5 of 6 values (83.33%) are no numbers, most "
        "frequently 'inf' (2, the first in input/items/f.csv line 3), 'a-once' (1 in input/items/f.csv line 2), "
        "'1_000' (1 in input/items/f.csv line 5); leave a field without a value empty, or name what stands for none in "
        "null_values of input/dataset.json; write numbers like 1234.5, without thousands separators or units; or make "
        "the type category"
    ]
    assert not (done.output / "index").exists()


def test_an_unknown_column_and_a_row_without_an_id_are_reported(tmp_path):
    done = run_prepare(tmp_path, INTERACTIONS, dataset=dataset(colour="category"), items={"f.csv": FILMS + "i1,,,\n"})
    assert "input/items/f.csv" in done.summary["reasons"][0]
    assert "colour" in done.summary["reasons"][0]
    items = {"f.csv": FILMS + " ,Drama,,\ni1,Drama,,\n"}
    described = dataset(genres="categories") | {"reject_limit": 0.5}
    done = run_prepare(tmp_path, INTERACTIONS, dataset=described, items=items)
    assert [(row["line"], row["reason"]) for row in done.rejected_items] == [(2, "blank item id")]
    assert done.summary["side_rows"] == {"users": {"rows": 0, "rejected": 0}, "items": {"rows": 2, "rejected": 1}}


def test_every_training_example_carries_what_is_known_of_its_user_and_item(tmp_path):
    """SageMaker's own reader returns the rows that pandas expects."""
    frame = random_interactions(3, users=30, items=20, rows=400)
    rng = np.random.default_rng(0)
    genres = {item: sorted(rng.choice(list("abc"), rng.integers(0, 4), replace=False)) for item in set(frame.item)}
    ages = {user: int(rng.integers(18, 80)) for user in sorted(set(frame.user))[:20]}
    items = pd.DataFrame([(item, "|".join(each)) for item, each in genres.items()], columns=["id", "genres"])
    users = pd.DataFrame(ages.items(), columns=["id", "age"])
    described = dataset(genres="categories") | {
        "users": {"id": "id", "features": {"age": {"type": "number", "bins": 3}}}
    }
    done = run_prepare(
        tmp_path,
        {"a.csv": csv_text(frame)},
        dataset=described,
        items={"i.csv": csv_text(items)},
        users={"u.csv": csv_text(users)},
    )
    of_users, of_items = done.index("user_features"), done.index("item_features")
    index = {"user": defaultdict(dict), "item": defaultdict(dict)}
    for side, table in (("user", of_users), ("item", of_items)):
        for place, feature, weight in table.values.tolist():
            index[side][int(place)][int(feature)] = weight
    assert sorted({feature for each in index["user"].values() for feature in each}) == [50, 51, 52]
    assert sorted({feature for each in index["item"].values() for feature in each}) == [53, 54, 55]
    records = done.sagemaker_records("train")
    assert len(records) == done.summary["training"]["examples"]
    for record in records:
        tensor = record.features["values"].float32_tensor
        found = dict(zip(tensor.keys, tensor.values, strict=True))
        user, item = tensor.keys[0], tensor.keys[1] - 30
        wanted = {user: 1.0, item + 30: 1.0} | index["user"][user] | index["item"][item]
        assert found == pytest.approx(wanted)
        assert list(tensor.keys) == sorted(tensor.keys)
        assert list(tensor.shape) == [56]
    names = done.index("items").item.tolist()
    assert known(done, "item") == {
        item: {f"genres={genre}": 1 / len(genres[item]) for genre in genres[item]} for item in names
    }
