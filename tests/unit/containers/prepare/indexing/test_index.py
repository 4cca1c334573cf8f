"""Indexes, duplicates, hold-out and accounting, compared with brute force in Python."""

import hashlib
import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.containers.prepare.job import COLUMNS, csv_text, random_interactions, run_prepare

NASTY = st.text(st.sampled_from('ab0"\n\r,\t é日🎬\\;\0\u2028\u00a0\ufeff'), max_size=5)
IDS = st.one_of(st.sampled_from(["42", "042", " 42", "42 ", "NULL", "nan", "\\N", "x" * 200]), NASTY)


def pair_hash(user: str, item: str) -> str:
    """The tie-breaker for pairs with the same time: a text that no other pair has."""
    return sha256(sha256(user) + item)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def expected_pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """The distinct pairs by the rules; ``frame`` in any order, with columns user, item, time."""
    latest: dict[tuple[str, str], float] = {}
    first: dict[tuple[str, str], float] = {}
    for user, item, time in zip(frame.user, frame.item, frame.time, strict=True):
        latest[user, item] = max(latest.get((user, item), -math.inf), time)
        first[user, item] = min(first.get((user, item), math.inf), time)
    history: dict[str, list[tuple[float, bytes, str]]] = {}
    for (user, item), time in latest.items():
        history.setdefault(user, []).append((time, item.encode(), item))
    chosen = set(sorted((user for user in history if len(history[user]) >= 5), key=sha256)[:2000])
    rows = []
    for user in sorted(history, key=str.encode):
        known = sorted((first[user, item], pair_hash(user, item), item) for _, _, item in history[user])
        kept = len(known) - (max(1, int(len(known) * 0.2)) if user in chosen else 0)
        held = {item for _, _, item in known[kept:]}
        rows += [(user, item, item in held, time) for time, _, item in sorted(history[user])]
    return pd.DataFrame(rows, columns=["user", "item", "held_out", "time"])


def found_pairs(done) -> pd.DataFrame:
    pairs, users, items = done.index("pairs"), done.index("users"), done.index("items")
    assert users.user_index.tolist() == list(range(len(users)))
    assert items.item_index.tolist() == list(range(len(items)))
    pairs["user"] = users.user.to_numpy()[pairs.user_index]
    pairs["item"] = items.item.to_numpy()[pairs.item_index]
    return pairs


def check_counts(done, frame: pd.DataFrame) -> None:
    expected = expected_pairs(frame)
    pairs, users, items = found_pairs(done), done.index("users"), done.index("items")
    assert pairs[expected.columns].astype(object).values.tolist() == expected.astype(object).values.tolist()
    training = expected[~expected.held_out]
    assert users.user.tolist() == sorted(set(expected.user), key=str.encode)
    assert items.item.tolist() == sorted(set(expected.item), key=str.encode)
    seen, interactions, popularity = Counter(expected.user), Counter(training.user), Counter(training.item)
    assert users.seen.tolist() == [seen[user] for user in users.user]
    assert users.interactions.tolist() == [interactions[user] for user in users.user]
    assert items.popularity.tolist() == [popularity[item] for item in items.item]
    summary = done.summary
    assert (summary["users"], summary["items"]) == (len(users), len(items))
    assert (summary["earliest_time"], summary["latest_time"]) == (frame.time.min(), frame.time.max())
    began = frame.groupby(["user", "item"]).time.min()
    assert pairs.first_time.tolist() == began[zip(pairs.user, pairs.item, strict=True)].tolist()
    assert summary["feature_dim"] == len(users) + len(items)
    assert summary["interactions"] == summary["rows"]["interactions"] == len(expected)
    assert summary["training"]["pairs"] == len(training)
    counts = int(expected[expected.held_out].user.nunique()), int(expected.held_out.sum())
    assert (summary["held_out"]["users"], summary["held_out"]["pairs"]) == counts
    assert summary["seen_p95"] == math.ceil(np.percentile(users.seen, 95) - 1e-9)
    assert summary["longest_id_bytes"] == {
        "user": max(len(user.encode()) for user in users.user),
        "item": max(len(item.encode()) for item in items.item),
    }
    assert summary["item_id_bytes"] == sum(len(item.encode()) for item in items.item)


@pytest.mark.parametrize("seed", range(3))
def test_indexes_pairs_and_counts_equal_brute_force(tmp_path, seed):
    frame = random_interactions(seed, users=60, items=40, rows=1500)
    files = {f"part-{n}.csv": csv_text(frame[n * 500 : (n + 1) * 500]) for n in range(3)}
    done = run_prepare(tmp_path, files)
    check_counts(done, frame)
    assert done.summary["rows"]["duplicates"] == 1500 - len(expected_pairs(frame)) > 100


def test_more_users_than_are_held_out(tmp_path):
    frame = pd.DataFrame([(f"u{u}", f"i{(u + k) % 9}", k) for u in range(2100) for k in range(5)])
    frame.columns = ["user", "item", "time"]
    done = run_prepare(tmp_path, {"a.csv": csv_text(frame)})
    assert {"users": 2000, "pairs": 2000}.items() <= done.summary["held_out"].items()
    check_counts(done, frame)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(IDS, IDS, st.integers(0, 3)), min_size=1, max_size=30))
def test_every_row_is_accounted_for_whatever_the_ids(tmp_path_factory, rows):
    good = [("first", "i1", 0), ("second", "i2", 1)]  # with two times, otherwise they would have no meaning
    frame = pd.DataFrame([*good, *rows], columns=["user", "item", "time"])
    dataset = {**COLUMNS, "reject_limit": 1, "null_values": ["\\N"]}
    quoted = frame.to_csv(index=False, quoting=1)
    done = run_prepare(tmp_path_factory.mktemp("nasty"), {"a.csv": quoted}, dataset=dataset)
    frame[["user", "item"]] = frame[["user", "item"]].map(without_blanks)
    blank = frame.user.isin(["", "\\N"]) | frame.item.isin(["", "\\N"])
    counts = done.summary["rows"]
    assert counts["read"] == len(frame) == counts["rejected"] + counts["duplicates"] + counts["interactions"]
    assert counts["rejected"] == blank.sum() == len(done.rejected)
    frame["time"] = frame.time.where(~blank)
    expected = expected_pairs(frame[~blank])
    columns = ["user", "item", "time"]
    pd.testing.assert_frame_equal(
        found_pairs(done)[columns], expected[columns], check_dtype=False, check_index_type=False
    )


def without_blanks(text: str) -> str:
    while text != (text := text.strip().strip("\ufeff\0")):
        pass
    return text


def test_of_a_repeated_pair_the_latest_time_counts_and_of_one_time_the_highest_value(tmp_path):
    files = {
        "b.csv": "user,item,value,time\nu1,i1,2,50\nu1,i2,9,10\n",
        "a.csv": "user,item,value,time\nu1,i1,3,50\nu1,i1,1,50\nu2,i1,7,99\nu2,i1,8,98\n",
    }
    done = run_prepare(tmp_path, files, dataset={**COLUMNS, "value": "value"})
    pairs = found_pairs(done)
    assert pairs[["user", "item", "value", "time"]].values.tolist() == [
        ["u1", "i2", 9.0, 10.0],
        ["u1", "i1", 3.0, 50.0],
        ["u2", "i1", 7.0, 99.0],
    ]
    assert done.summary["rows"] == {"read": 6, "rejected": 0, "duplicates": 3, "interactions": 3}


@pytest.mark.parametrize(("history", "held"), [(4, 0), (5, 1), (9, 1), (10, 2), (14, 2), (15, 3)])
def test_the_last_fifth_is_held_out_of_users_with_five_or_more(tmp_path, history, held):
    rows = [("u", f"i{n:02d}", n) for n in range(history)] + [("other", "i00", 0)]
    frame = pd.DataFrame(rows, columns=["user", "item", "time"])
    done = run_prepare(tmp_path, {"a.csv": csv_text(frame.sample(frac=1, random_state=1))})
    assert done.summary["latest_time"] == history - 1  # over all interactions, held out or not
    pairs = found_pairs(done)
    mine = pairs[pairs.user == "u"]
    assert mine[mine.held_out].item.tolist() == [f"i{n:02d}" for n in range(history - held, history)]
    # Settings are chosen on the earlier half of these; not on a single one.
    choosing = [f"i{n:02d}" for n in range(history - held, history - held + held // 2)]
    assert mine[mine.chooses].item.tolist() == choosing
    assert done.summary["choosing"] == {"users": int(bool(choosing)), "pairs": len(choosing)}


def test_the_held_out_do_not_depend_on_the_seed_or_on_other_rows(tmp_path):
    frame = random_interactions(5, users=40, items=30, rows=900)
    first = found_pairs(run_prepare(tmp_path, {"a.csv": csv_text(frame)}, request={"seed": 1}))
    second = found_pairs(run_prepare(tmp_path, {"a.csv": csv_text(frame)}, request={"seed": 2}))
    assert first.equals(second)


def test_titles(tmp_path):
    dataset = {**COLUMNS, "items": {"id": "id", "title": "name"}, "reject_limit": 0.2}
    text = "user,item,time\n" + "".join(f"u{n % 2},{item},{n}\n" for n, item in enumerate(("1", "01", "x", "y")))
    items = {
        "a.csv": 'year,name,id\n1999,Old,1\n2000,"Zero, ""one""",01\n2001,\n,,y\n',
        "b.csv": "id,name\n1,New\nunknown,Nothing\n",
    }
    done = run_prepare(tmp_path, {"a.csv": text}, dataset=dataset, items=items)
    titles = done.index("items")
    named = {item: None if pd.isna(title) else title for item, title in zip(titles.item, titles.title, strict=True)}
    assert named == {"1": "New", "01": 'Zero, "one"', "x": None, "y": None}
    assert done.summary["side_rows"]["items"] == {"rows": 6, "rejected": 1}
    assert done.rejected == []
    assert [(row["file"], row["line"], row["reason"]) for row in done.rejected_items] == [
        ("input/items/a.csv", 4, "too few fields")
    ]


def test_what_is_held_out_is_what_came_last_anew_and_no_repeated_habit(tmp_path):
    rows = [("u1", "milk", 1), *(("u1", f"i{n}", 10 + n) for n in range(4)), ("u1", "milk", 99), ("u2", "milk", 5)]
    text = "user,item,time\n" + "".join(f"{user},{item},{time}\n" for user, item, time in rows)
    pairs = found_pairs(run_prepare(tmp_path, {"a.csv": text}))
    assert pairs[pairs.held_out][["user", "item"]].values.tolist() == [["u1", "i3"]]
    assert pairs[pairs.item == "milk"].time.tolist() == [99.0, 5.0]
