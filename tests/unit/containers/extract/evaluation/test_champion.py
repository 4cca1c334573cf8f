"""The champion's published lists compared with the model, on interactions that neither knew."""

import gzip
import json
import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.evaluation.champion import FEWEST_USERS, ComparedWithChampion, compare_with_champion
from containers.extract.model.vectors import Vectors
from tests.unit.containers.extract import trec
from tests.unit.containers.extract.world import World

VERSION = "20261116t030000120-0a1b2c"
USERS, ITEMS = FEWEST_USERS + 2, 30
ENDS = 2000.0  # of the champion's data
# The items of all users, by their role in the comparison.
BEFORE, HELD_BEFORE, SINCE, WANTED, ALSO_WANTED = range(5)
NOBODY_HAD = range(5, 30)


def champion(latest_time: float | None = ENDS, fault: str | None = None, hold_out: str = "latest") -> dict[str, object]:
    return {"version": VERSION, "latest_time": latest_time, "fault": fault, "hold_out": hold_out, "measured": True}


def known_world(**others: object) -> World:
    """All users had two items before the champion's data ended, one of them held out now, and three since.

    The first user has nothing held out since, the second had nothing from the champion.
    """
    world = LaterWorld(USERS, ITEMS, [], champion=champion(), **others)
    for user in range(USERS):
        world.pairs += [(user, BEFORE, False, 1.0), (user, HELD_BEFORE, True, 1.0)]
    world.before = len(world.pairs)
    for user in range(USERS):
        late = [(user, SINCE, False, 1.0), (user, WANTED, True, 1.0), (user, ALSO_WANTED, True, 1.0)]
        world.pairs += late[: 1 if user == 0 else 3]
    return world


class LaterWorld(World):
    """A world whose pairs from the ``before``-th on began after the champion's data ended."""

    before: int = 0

    def time(self, place: int) -> float:
        return ENDS - 100 + place / 10 if place < self.before else ENDS + 1 + place


def published(world: World, folder: Path, lists: dict[int, list[int]]) -> None:
    """``lists`` of item indices by user index, in two parts, as the loader leaves them."""
    folder.mkdir(parents=True)
    for part in range(2):
        with gzip.open(folder / f"part-{part:05d}.jsonl.gz", "wt", encoding="utf-8") as lines:
            for user in sorted(lists)[part::2]:
                items = [world.item_id(item) for item in lists[user]]
                scores = [1.0 / (1 + rank) for rank in range(len(items))]
                line = {"user": world.user_id(user), "items": items, "scores": scores}
                lines.write(json.dumps(line, ensure_ascii=False) + "\n")


def ranking(world: World, first: list[int]) -> Vectors:
    """A model that ranks ``first`` first for all users, and then the rest by index."""
    order = [*first, *(item for item in range(world.items) if item not in first)]
    scores = np.empty(world.items, dtype=np.float32)
    scores[order] = -np.arange(world.items)
    return Vectors(np.column_stack([scores, np.zeros_like(scores)]), np.ones((world.users, 1), dtype=np.float32))


def compared(world: World, vectors: Vectors, root: Path) -> ComparedWithChampion:
    paths = world.write(root / "opt")
    run = read_run(paths)
    index = DataIndex(paths.processing_input("index"), world.users, world.items)
    return compare_with_champion(run, index, index.catalogue(), vectors, root / "champion")


# For all users: an item had since, a hit, one that no user had, and a hit.
LISTS = {user: [SINCE, WANTED, 9, ALSO_WANTED] for user in range(USERS) if user != 1}
# What both knew, what the champion knew, a miss, a hit, a miss, and the other hit, which is beyond the list's end.
MODEL = [BEFORE, HELD_BEFORE, SINCE, 8, WANTED, 7, ALSO_WANTED]
IDEAL = 1 + 1 / math.log2(3)


def test_both_are_measured_on_the_same_users_and_pairs_that_came_later(tmp_path):
    world = known_world()
    published(world, tmp_path / "champion", LISTS)
    found = compared(world, ranking(world, MODEL), tmp_path)
    assert (found.version, found.reason, found.later_than) == (VERSION, None, ENDS)
    assert (found.comparison.users, found.comparison.held_out) == (USERS - 2, 2 * (USERS - 2))
    theirs, ours = found.comparison.other.metrics, found.comparison.model.metrics
    # The champion's, without what was had since: a hit, a miss, a hit.
    assert theirs["ndcg@10"] == pytest.approx((1 + 0.5) / IDEAL)
    assert (theirs["recall@20"], theirs["mrr@10"]) == (1, 1)
    # The model's, with the same length: a miss, a hit, a miss. Items that the champion had seen take no place.
    assert ours["ndcg@10"] == pytest.approx((1 / math.log2(3)) / IDEAL)
    assert (ours["recall@20"], ours["mrr@10"]) == (0.5, 0.5)
    assert found.as_json()["difference"]["recall@20"] == -0.5


def test_a_habit_that_was_repeated_later_is_not_later(tmp_path):
    world = known_world()
    held_before = {place for place, pair in enumerate(world.pairs) if pair[1] == HELD_BEFORE}
    world.repeated = frozenset(held_before)
    published(world, tmp_path / "champion", LISTS)
    assert compared(world, ranking(world, MODEL), tmp_path).comparison.held_out == 2 * (USERS - 2)


def test_what_may_not_be_shown_is_in_neither_list_and_no_hit(tmp_path):
    world = known_world(hidden=frozenset({WANTED, 7, 8, 9}))
    published(world, tmp_path / "champion", LISTS)
    found = compared(world, ranking(world, MODEL), tmp_path).comparison
    assert found.held_out == USERS - 2
    # In each list only the other relevant item is left.
    assert found.model.metrics["mrr@10"] == found.other.metrics["mrr@10"] == 1


def test_items_that_are_gone_from_the_data_take_no_place(tmp_path):
    world = known_world()
    lists = {user: [ITEMS + 5, *items] for user, items in LISTS.items()}
    published(world, tmp_path / "champion", lists)
    assert compared(world, ranking(world, MODEL), tmp_path).comparison.other.metrics["mrr@10"] == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_it_is_what_trec_eval_says_of_lists_that_were_filtered_by_hand(tmp_path, seed):
    draw = random.Random(seed)
    world = World.random(90, 40, seed=seed)
    draw.shuffle(world.pairs)  # their positions are their times
    half = len(world.pairs) // 2
    world.champion = champion(world.time(half))
    lists = {user: draw.sample(range(world.items), draw.randint(1, 35)) for user in range(world.users)}
    published(world, tmp_path / "champion", lists)
    vectors = Vectors(
        np.random.default_rng(seed).normal(size=(world.items, 5)).astype(np.float32),
        np.random.default_rng(seed + 9).normal(size=(world.users, 4)).astype(np.float32),
    )
    scores = vectors.of_users(np.arange(world.users)) @ vectors.items.T
    wanted, theirs, ours = {}, {}, {}
    for user in range(world.users):
        later = {item for owner, item, held_out, _ in world.pairs[half + 1 :] if owner == user and held_out}
        known = set(world.seen(user)) - later
        left = [item for item in lists[user] if item not in known]
        if later and left:
            wanted[user], theirs[user] = sorted(later), left
            order = [item for item in np.argsort(-scores[user], kind="stable").tolist() if item not in known]
            ours[user] = order[: min(20, len(left))]
    assert len(wanted) >= FEWEST_USERS
    found = compared(world, vectors, tmp_path).comparison
    assert (found.users, found.held_out) == (len(wanted), sum(map(len, wanted.values())))
    for measured, by_hand in ((found.model, ours), (found.other, theirs)):
        expected = trec.means(by_hand, wanted)
        assert {name: measured.metrics[name] for name in expected} == pytest.approx(expected)


def not_comparable(world: World, root: Path, lists: dict[int, list[int]] | None = None) -> str:
    published(world, root / "champion", LISTS if lists is None else lists)
    found = compared(world, ranking(world, MODEL), root)
    assert found.comparison is None
    assert found.as_json() == {
        "version": VERSION if world.champion else None,
        "comparable": False,
        "reason": found.reason,
    }
    return found.reason


@pytest.mark.parametrize(
    ("noted", "words"),
    [
        (None, "nothing is published yet"),
        (champion(fault="its summary is gone"), "its summary is gone"),
        (champion(latest_time=None), "the times of its data only order"),
        (champion(hold_out="random"), "this run's hold-out is latest, and that version's was random"),
        (champion(latest_time=1e9), "is later than its data, which ends at 2001-09-09 01:46 UTC"),
    ],
)
def test_without_a_champion_or_its_times_there_is_a_reason(tmp_path, noted, words):
    world = known_world()
    world.champion = noted
    assert words in not_comparable(world, tmp_path)


def test_without_times_of_its_own_there_is_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(World, "summary", lambda self, given=World.summary: {**given(self), "latest_time": None})
    assert "this run's times only order its interactions" in not_comparable(known_world(), tmp_path)


AT_RANDOM = {"kind": "random", "because": "the data has no timestamp", "tied_users": 0}


def test_where_the_hold_out_is_random_all_of_it_is_new_to_both(tmp_path):
    world = known_world(hold_out=AT_RANDOM)
    world.champion = champion(latest_time=None, hold_out="random")
    published(world, tmp_path / "champion", LISTS)
    found = compared(world, ranking(world, [BEFORE, SINCE, HELD_BEFORE, WANTED]), tmp_path)
    assert (found.reason, found.later_than) == (None, None)
    # One of the first user, and three of each of the others except the one without a list.
    assert (found.comparison.users, found.comparison.held_out) == (USERS - 1, 1 + 3 * (USERS - 2))
    assert found.comparison.model.metrics["mrr@10"] == 1  # items that both were trained on take no place


@pytest.mark.parametrize(
    ("noted", "words"),
    [
        (
            champion(),
            "this run's hold-out is random (the data has no timestamp), and that version's was latest",
        ),
        (
            {**champion(hold_out="random"), "measured": False},
            "no lists of a model that has not seen the held-out interactions",
        ),
    ],
)
def test_a_champion_that_may_have_seen_what_is_held_out_is_not_compared_with(tmp_path, noted, words):
    world = known_world(hold_out=AT_RANDOM)
    world.champion = noted
    assert words in not_comparable(world, tmp_path)


def test_lists_of_a_few_users_are_too_few(tmp_path):
    few = {user: LISTS[user] for user in list(LISTS)[:FEWEST_USERS]}  # the first has nothing held out since
    assert f"too few users: {FEWEST_USERS - 1} have both" in not_comparable(known_world(), tmp_path, few)


def test_ids_of_another_catalogue_are_reported(tmp_path):
    other = {user: [ITEMS + place for place in range(9)] + [WANTED] for user in LISTS}
    assert "other catalogue ids: of the 10 items in its lists, this run's data has 1" in not_comparable(
        known_world(), tmp_path, other
    )


def test_lists_of_other_users_are_too_few(tmp_path):
    strangers = {USERS + user: items for user, items in LISTS.items()}
    assert "too few users: 0 have both" in not_comparable(known_world(), tmp_path, strangers)


WHOLE = gzip.compress(json.dumps({"user": "nobody", "items": [], "scores": []}).encode() * 200)


@pytest.mark.parametrize(
    "spoiled",
    [
        b"no gzip",
        WHOLE[:40],
        WHOLE[:30] + b"\0\0\0\0" + WHOLE[34:],
        gzip.compress(b'{"user": "u"'),
        gzip.compress(b'{"items": []}\n'),
        gzip.compress(b"[1]\n"),
        gzip.compress(b"\xff\n"),
    ],
    ids=["no gzip", "cut short", "damaged", "no JSON", "no user", "no object", "no UTF-8"],
)
def test_a_file_that_cannot_be_read_is_a_reason_and_no_failure(tmp_path, spoiled):
    world = known_world()
    published(world, tmp_path / "champion", LISTS)
    (tmp_path / "champion" / "part-00002.jsonl.gz").write_bytes(spoiled)
    found = compared(world, ranking(world, MODEL), tmp_path)
    assert found.comparison is None
    assert found.reason.startswith("its lists cannot be read: ")


def test_a_folder_that_is_not_there_is_no_failure(tmp_path):
    found = compared(replace(known_world()), ranking(known_world(), MODEL), tmp_path)
    assert found.comparison is None
