"""The hold-out depends on users, items and times, and not on the order of rows or files."""

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import hold_out
from tests.unit.containers.prepare.indexing.test_index import found_pairs, pair_hash
from tests.unit.containers.prepare.job import COLUMNS, Prepared, csv_text, random_interactions, run_prepare

UNTIMED = {"user": "user", "item": "item", "value": "value"}
TIMED = {**COLUMNS, "value": "value"}


def in_files(frame: pd.DataFrame, number: int) -> dict[str, str | bytes]:
    size = -(-len(frame) // number)
    return {f"{n}.csv": csv_text(frame[n * size : (n + 1) * size]) for n in range(number)}


@pytest.mark.parametrize("dataset", [UNTIMED, TIMED], ids=["no times", "times with ties"])
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), files=st.integers(1, 4))
def test_no_order_of_rows_changes_anything(
    tmp_path_factory: pytest.TempPathFactory, dataset: dict[str, Any], seed: int, files: int
) -> None:
    frame = random_interactions(7, users=25, items=30, rows=500)
    folder = tmp_path_factory.mktemp("order")
    first = run_prepare(folder, in_files(frame, 1), dataset=dataset)
    second = run_prepare(folder, in_files(frame.sample(frac=1, random_state=seed), files), dataset=dataset)
    assert found_pairs(first).held_out.sum() > 20
    for name in ("users", "items", "pairs"):
        pd.testing.assert_frame_equal(first.index(name), second.index(name))
    for channel in ("train", "test", "refit"):
        pd.testing.assert_frame_equal(first.examples(channel), second.examples(channel))


def held_out(done: Prepared) -> set[tuple[str, str]]:
    pairs = found_pairs(done)
    return {(user, item) for user, item in pairs[pairs.held_out][["user", "item"]].values.tolist()}


def by_hand(frame: pd.DataFrame) -> set[tuple[str, str]]:
    """For users with at least five items: the pairs with a hash in the lowest fifth, unless these are all of the
    user's.
    """
    found = set()
    for user, items in frame.groupby("user").item.unique().items():
        low = [item for item in items if int(pair_hash(str(user), item)[:8], 16) < 2**32 // 5]
        if len(items) >= 5 and len(low) < len(items):
            found |= {(str(user), str(item)) for item in low}
    return found


def test_without_times_it_is_the_lowest_fifth_by_a_hash_of_user_and_item(tmp_path: Path) -> None:
    frame = random_interactions(3, users=60, items=80, rows=1500)
    done = run_prepare(tmp_path, in_files(frame, 2), dataset=UNTIMED)
    assert held_out(done) == by_hand(frame)
    assert 0.17 < len(held_out(done)) / done.summary["interactions"] < 0.23
    assert done.summary["hold_out"] == {"kind": "random", "because": "the data has no timestamp", "tied_users": 0}
    assert (done.summary["earliest_time"], done.summary["latest_time"], done.summary["time_format"]) == (None,) * 3
    assert hold_out.words(done.summary["hold_out"]) == "random (the data has no timestamp)"
    (warning,) = done.summary["warnings"]
    assert "held out at random, because the data has no timestamp" in warning


def test_without_times_what_is_held_out_later_was_not_trained_on_before(tmp_path: Path) -> None:
    frame = random_interactions(4, users=50, items=80, rows=1600)
    before, after = (run_prepare(tmp_path, in_files(part, 1), dataset=UNTIMED) for part in (frame[:900], frame))
    compared = {user for user, _ in held_out(before)}
    earlier = set(map(tuple, found_pairs(before)[["user", "item"]].values.tolist()))
    again = {pair for pair in held_out(after) & earlier if pair[0] in compared}
    assert again <= held_out(before)
    assert len(again) > 50


def test_without_times_the_highest_value_of_a_repeated_pair_counts(tmp_path: Path) -> None:
    text = "user,item,value\nu1,i1,2\nu1,i1,5\nu1,i1,3\nu2,i2,-1\nu2,i2,-4\n"
    done = run_prepare(tmp_path, {"a.csv": text}, dataset=UNTIMED)
    assert done.index("pairs").value.tolist() == [5.0, -1.0]
    assert done.index("pairs").time.isna().all()
    assert done.index("pairs").first_time.isna().all()


@pytest.mark.parametrize("time", ["1700000000", "2023-11-14T22:13:20Z"])
def test_one_time_for_all_is_no_time(tmp_path: Path, time: str) -> None:
    rows = [(f"u{n % 6}", f"i{n}", time) for n in range(90)]
    frame = pd.DataFrame(rows, columns=["user", "item", "time"])
    dataset = {"user": "user", "item": "item", "timestamp": "time"}
    done = run_prepare(tmp_path, in_files(frame, 1), dataset=dataset)
    because = "all interactions have the same time, 2023-11-14 22:13 UTC"
    assert done.summary["hold_out"] == {"kind": "random", "because": because, "tied_users": 0}
    assert held_out(done) == by_hand(frame)
    days = run_prepare(tmp_path, in_files(frame, 1), dataset=dataset, request={"exclude_seen": {"days": 7}})
    (reason,) = days.summary["reasons"]
    assert reason.startswith("exclude_seen {'days': 7} needs the times of interactions, and all interactions have")


def test_users_whose_hold_out_begins_within_one_time_are_counted_and_reported(tmp_path: Path) -> None:
    # Ten baskets each: the last two items of the first users came one after the other, of the others with the rest.
    rows = [(f"u{u}", f"i{n}", n if u < 3 else 50) for u in range(9) for n in range(10)]
    done = run_prepare(tmp_path, in_files(pd.DataFrame(rows, columns=["user", "item", "time"]), 1))
    assert done.summary["hold_out"] == {"kind": "latest", "because": None, "tied_users": 6}
    assert held_out(done) >= {(f"u{u}", f"i{n}") for u in range(3) for n in (8, 9)}
    for user in (f"u{u}" for u in range(3, 9)):
        last = sorted((f"i{n}" for n in range(10)), key=lambda item: pair_hash(user, item))[-2:]
        assert {item for owner, item in held_out(done) if owner == user} == set(last)
    (warning,) = (each for each in done.summary["warnings"] if "hold-out" in each)
    assert warning.startswith("For 6 of 9 users the hold-out begins between interactions with the same time")
    assert hold_out.warnings({**done.summary["hold_out"], "tied_users": 4}, 9) == []


def test_numbers_that_only_order_say_what_is_latest_and_nothing_of_days(tmp_path: Path) -> None:
    rows = [(f"u{u}", f"i{n}", 1 + (n + u) % 10) for u in range(9) for n in range(10)]
    files = in_files(pd.DataFrame(rows, columns=["user", "item", "time"]), 1)
    dataset = {**COLUMNS, "timestamp_format": "order"}
    done = run_prepare(tmp_path, files, dataset=dataset)
    assert done.summary["hold_out"]["kind"] == "latest"
    assert held_out(done) == {(user, item) for user, item, order in rows if order > 8}
    assert (done.summary["earliest_time"], done.summary["latest_time"]) == (None, None)
    days = run_prepare(tmp_path, files, dataset=dataset, request={"exclude_seen": {"days": 7}})
    assert "timestamp_format is order, whose numbers are no days" in days.summary["reasons"][0]


def test_the_last_days_are_whole_ones_so_that_dates_mean_what_seconds_mean(tmp_path: Path) -> None:
    day, late = 86_400, 80_000
    rows = [("u1", f"i{n}", day * (20_000 + n) + late - 7_000 * n) for n in range(8)] + [("u2", "i9", day * 20_000)]
    seconds = pd.DataFrame(rows, columns=["user", "item", "time"])
    dates = seconds.assign(time=pd.to_datetime(seconds.time, unit="s").dt.strftime("%Y%m%d"))
    for frame in (seconds, dates):
        dataset = {"user": "user", "item": "item", "timestamp": "time"}
        done = run_prepare(tmp_path, in_files(frame, 1), dataset=dataset, request={"exclude_seen": {"days": 3}})
        pairs = found_pairs(done)
        assert pairs[pairs.left_out].item.tolist() == ["i4", "i5", "i6", "i7"]


def test_the_hash_is_what_any_tool_makes_of_the_two_texts() -> None:
    user = hashlib.sha256(b"ab").hexdigest()
    assert pair_hash("ab", "c") == hashlib.sha256((user + "c").encode()).hexdigest() != pair_hash("a", "bc")
