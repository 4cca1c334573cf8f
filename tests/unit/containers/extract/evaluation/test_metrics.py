"""trec_eval is the oracle for accuracy; metrics of composition are computed from the definitions, in plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from containers.extract.evaluation import metrics
from containers.extract.evaluation.metrics import MEANS, Popularity
from containers.extract.lists.ranking import NO_ITEM
from tests.unit.containers.extract import trec
from tests.unit.containers.extract.made_lists import item_sets

ITEMS = 60
INTERACTIONS = np.arange(ITEMS) ** 2  # 0 for the first item
POPULARITY = Popularity.of(INTERACTIONS)


def filled(lists: list[list[int]], width: int = 20) -> np.ndarray:
    return np.array([one + [NO_ITEM] * (width - len(one)) for one in lists], dtype=np.int32)


def of_each_user(lists: list[list[int]], wanted: list[list[int]]) -> dict[str, list[float]]:
    found = metrics.of_each_user(filled(lists, max(20, *map(len, lists))), item_sets(wanted), POPULARITY)
    return dict(zip(MEANS, found.T.tolist(), strict=True))


@st.composite
def users(draw):
    lists, wanted = [], []
    for _ in range(draw(st.integers(1, 6))):
        order = draw(st.permutations(range(ITEMS)))
        lists.append(list(order[: draw(st.integers(0, 25))]))
        wanted.append(sorted(draw(st.sets(st.integers(0, ITEMS - 1), min_size=1, max_size=30))))
    return lists, wanted


@given(users())
def test_accuracy_is_what_trec_eval_says_of_each_user(given_users):
    lists, wanted = given_users
    found = of_each_user(lists, wanted)
    for name, values in trec.of_each_user(dict(enumerate(lists)), dict(enumerate(wanted))).items():
        assert found[name] == pytest.approx(values), name


@given(users())
def test_what_lists_are_made_of_follows_the_definitions(given_users):
    lists, wanted = given_users
    found = of_each_user(lists, wanted)
    shares = [max(count, 1) / INTERACTIONS.sum() for count in INTERACTIONS.tolist()]
    for row, items in enumerate(one[:10] for one in lists):
        novelty = sum(-math.log(shares[item], 2) for item in items) / max(len(items), 1)
        popular = sum(item in MOST_POPULAR for item in items) / max(len(items), 1)
        assert (found["novelty"][row], found["popular_share"][row]) == pytest.approx((novelty, popular))


# 59² + 58² + ... until a third of all interactions is reached; one fewer does not reach it.
MOST_POPULAR = set(range(52, 60))


def test_the_most_popular_are_the_fewest_that_hold_a_third_of_the_interactions():
    assert set(np.flatnonzero(POPULARITY.head).tolist()) == MOST_POPULAR
    third = INTERACTIONS.sum() / 3
    assert sum(INTERACTIONS[item] for item in MOST_POPULAR) >= third
    assert sum(INTERACTIONS[item] for item in MOST_POPULAR - {52}) < third
    assert metrics.head(np.array([2, 2, 2])).tolist() == [True, False, False]
    assert metrics.head(np.array([7, 7, 7])).tolist() == [True, False, False]
    assert metrics.head(np.array([1, 5, 3, 5])).tolist() == [False, True, False, False]


def test_self_information_counts_bits():
    # Of 16 interactions: an eighth, a half, none (as if one), a quarter and an eighth.
    assert metrics.self_information(np.array([2, 8, 0, 4, 2])).tolist() == [3, 1, 4, 2, 3]


def test_the_ideal_order_scores_one_even_with_more_than_ten_relevant_items():
    relevant = list(range(15))
    found = of_each_user([relevant], [relevant])
    assert [found[name][0] for name in ("ndcg@10", "recall@20", "hit_rate@10", "mrr@10")] == pytest.approx([1] * 4)


def test_a_single_hit_at_rank_three_is_worth_a_half_and_a_third():
    found = of_each_user([[5, 6, 7, 8]], [[7]])
    assert found["ndcg@10"] == pytest.approx([0.5])
    assert found["mrr@10"] == pytest.approx([1 / 3])
    assert found["hit_rate@10"] == [1]


def test_ranks_eleven_and_twenty_one_do_not_count():
    found = of_each_user([list(range(25))], [[10, 20]])
    assert [found[name] for name in ("ndcg@10", "hit_rate@10", "mrr@10")] == [[0]] * 3
    assert found["recall@20"] == [0.5]


def test_another_users_item_is_no_hit():
    found = of_each_user([[1], [2]], [[2], [1]])
    assert [found[name] for name in MEANS[:4]] == [[0, 0]] * 4


def test_the_filling_of_a_short_list_is_no_hit_and_covers_nothing():
    # -1 of user 1 must not be read as the last item of user 0.
    found = of_each_user([[], []], [[ITEMS - 1], [0]])
    assert found == {name: [0, 0] for name in MEANS}
    assert metrics.coverage(filled([[], []]), ITEMS) == 0


@given(users())
def test_coverage_is_the_share_of_items_in_any_list(given_users):
    lists, _ = given_users
    assert metrics.coverage(filled(lists, 25), ITEMS) == len({item for one in lists for item in one}) / ITEMS
