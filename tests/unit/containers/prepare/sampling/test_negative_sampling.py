"""Negatives are sampled by popularity^0.5 from what a user has not seen, for light and heavy users alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containers.prepare.indexing.pairs import GroupedPairs
from containers.prepare.sampling.negative_sampling import NegativeSampler

# The 99.99 % quantile of chi-square; samples are seeded, so a pass stays a pass.
CHI_SQUARE = {38: 83.5, 7: 29.9, 4: 23.5}


def grouped(seen: list[list[int]]) -> GroupedPairs:
    bounds = np.concatenate(([0], np.cumsum([len(items) for items in seen]))).astype(np.int64)
    items = np.array([item for items in seen for item in items], dtype=np.int32)
    return GroupedPairs(bounds, items, np.zeros(len(items), dtype=np.float32))


@pytest.mark.parametrize(
    "seen",
    [
        [7],
        list(range(32)),
        list(range(39, 4, -1)),  # an eighth of the weight is left: sampled from a list
    ],
)
def test_draws_follow_the_square_root_of_popularity_over_unseen_items(seen):
    popularity = np.arange(1, 41) ** 2
    sampler = NegativeSampler.over(popularity, grouped([[], seen]))
    drawn = sampler.draw(1, np.array([200_000]), stream=11)
    unseen = [item for item in range(40) if item not in seen]
    weights = np.sqrt(popularity[unseen])
    expected = weights / weights.sum() * len(drawn)
    found = np.bincount(drawn, minlength=40)
    assert found[seen].sum() == 0
    assert ((found[unseen] - expected) ** 2 / expected).sum() < CHI_SQUARE[len(unseen) - 1]


def test_an_item_that_nobody_had_in_training_is_never_drawn():
    sampler = NegativeSampler.over(np.array([5, 0, 3, 0, 1]), grouped([[0], [0, 2]]))
    assert set(sampler.draw(0, np.array([1000]), stream=1)) == {2, 4}
    assert set(sampler.draw(1, np.array([1000]), stream=1)) == {4}


def test_a_user_who_has_seen_all_that_can_be_drawn_has_nothing_unseen():
    sampler = NegativeSampler.over(np.array([5, 0, 3]), grouped([[2, 0], [0], [0, 1, 2], [1]]))
    assert sampler.has_unseen().tolist() == [False, True, False, True]


def test_a_single_unseen_item_among_heavy_ones_is_found_at_once():
    items = 50_000
    popularity = np.full(items, 10**6)
    popularity[777] = 1
    sampler = NegativeSampler.over(popularity, grouped([[item for item in range(items) if item != 777]]))
    assert sampler.draw(0, np.array([2000]), stream=3).tolist() == [777] * 2000


def test_a_users_draws_do_not_depend_on_the_users_drawn_with_them():
    sampler = NegativeSampler.over(np.arange(1, 31), grouped([[1], [2, 3], [], [5]]))
    together = sampler.draw(0, np.array([3, 4, 5, 6]), stream=9)
    alone = [sampler.draw(user, np.array([count]), stream=9) for user, count in enumerate((3, 4, 5, 6))]
    assert together.tolist() == np.concatenate(alone).tolist()
    assert together.tolist() != sampler.draw(0, np.array([3, 4, 5, 6]), stream=10).tolist()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_never_a_seen_item_and_never_one_too_few(data):
    items = data.draw(st.integers(1, 12))
    popularity = np.array(data.draw(st.lists(st.sampled_from([0, 1, 2, 1000]), min_size=items, max_size=items)))
    popularity[data.draw(st.integers(0, items - 1))] = 7
    seen = data.draw(st.lists(st.lists(st.integers(0, items - 1), unique=True), min_size=1, max_size=6))
    sampler = NegativeSampler.over(popularity, grouped(seen))
    counts = np.where(sampler.has_unseen(), 50, 0)
    drawn = sampler.draw(0, counts, stream=data.draw(st.integers(0, 2**64 - 1)))
    users = np.repeat(np.arange(len(seen)), counts)
    assert len(drawn) == counts.sum()
    for user, item in zip(users, drawn, strict=True):
        assert popularity[item] > 0
        assert item not in seen[user]
    for user, has in enumerate(sampler.has_unseen()):
        assert has == bool({item for item in range(items) if popularity[item]} - set(seen[user]))
