"""The oracles are written from the definitions, user by user, in plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from containers.extract import metrics
from containers.extract.ranking import NO_ITEM
from tests.unit.containers.extract.lists import item_sets

ITEMS = 60


def filled(lists: list[list[int]], width: int = 20) -> np.ndarray:
    return np.array([one + [NO_ITEM] * (width - len(one)) for one in lists], dtype=np.int32)


def dcg(gains: list[int]) -> float:
    return sum(gain / math.log(rank + 1, 2) for rank, gain in enumerate(gains, start=1))


def ndcg_by_definition(given_list: list[int], wanted: list[int], k: int) -> float:
    gains = [1 if item in wanted else 0 for item in given_list[:k]]
    ideal = sorted([1 if item in wanted else 0 for item in range(ITEMS)], reverse=True)[:k]
    return dcg(gains) / dcg(ideal)


def recall_by_definition(given_list: list[int], wanted: list[int], k: int) -> float:
    return len(set(given_list[:k]) & set(wanted)) / len(wanted)


@st.composite
def users(draw):
    lists, wanted = [], []
    for _ in range(draw(st.integers(1, 6))):
        order = draw(st.permutations(range(ITEMS)))
        lists.append(list(order[: draw(st.integers(0, 20))]))
        wanted.append(sorted(draw(st.sets(st.integers(0, ITEMS - 1), min_size=1, max_size=30))))
    return lists, wanted


@given(users())
def test_equals_the_definitions(given_users):
    lists, wanted = given_users
    found = metrics.evaluate(filled(lists), item_sets(wanted), ITEMS)
    pairs = list(zip(lists, wanted, strict=True))
    assert found["ndcg@10"] == pytest.approx(sum(ndcg_by_definition(*pair, 10) for pair in pairs) / len(pairs))
    assert found["recall@20"] == pytest.approx(sum(recall_by_definition(*pair, 20) for pair in pairs) / len(pairs))
    assert found["coverage"] == len({item for one in lists for item in one[:10]}) / ITEMS


def test_the_ideal_order_scores_one_even_with_more_than_ten_relevant_items():
    relevant = list(range(15))
    found = metrics.evaluate(filled([relevant]), item_sets([relevant]), ITEMS)
    assert found["ndcg@10"] == pytest.approx(1)
    assert found["recall@20"] == pytest.approx(1)


def test_a_single_hit_at_rank_three_is_worth_a_half():
    found = metrics.evaluate(filled([[5, 6, 7, 8]]), item_sets([[7]]), ITEMS)
    assert found["ndcg@10"] == pytest.approx(0.5)


def test_ranks_eleven_and_twenty_one_do_not_count():
    order = list(range(25))
    found = metrics.evaluate(np.array([order], dtype=np.int32), item_sets([[10, 20]]), ITEMS)
    assert found["ndcg@10"] == 0
    assert found["recall@20"] == 0.5


def test_another_users_item_is_no_hit():
    found = metrics.evaluate(filled([[1], [2]]), item_sets([[2], [1]]), ITEMS)
    assert found["ndcg@10"] == found["recall@20"] == 0


def test_the_filling_of_a_short_list_is_no_hit_and_covers_nothing():
    # -1 of user 1 must not read as the last item of user 0.
    found = metrics.evaluate(filled([[], []]), item_sets([[ITEMS - 1], [0]]), ITEMS)
    assert found == {"ndcg@10": 0, "recall@20": 0, "coverage": 0}
