import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containers.extract.data.item_sets import ItemSets
from containers.extract.lists import ranking
from containers.extract.lists.ranking import NO_ITEM, rank
from tests.unit.containers.extract.made_lists import item_sets


def by_definition(products: np.ndarray, excluded: list[list[int]], count: int) -> list[list[int]]:
    lists = []
    for row, left_out in zip(products.tolist(), excluded, strict=True):
        order = sorted((-score, item) for item, score in enumerate(row) if item not in left_out)
        lists.append([item for _, item in order][:count])
    return lists


@settings(max_examples=150)
@given(data=st.data(), users=st.integers(1, 7), items=st.integers(1, 40), count=st.integers(1, 45))
def test_equals_sorting_everything(data, users, items, count):
    # Small integers: products are exact, and there are many ties.
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    user_rows = draw.integers(-2, 3, (users, 3)).astype(np.float32)
    item_rows = draw.integers(-2, 3, (items, 3)).astype(np.float32)
    excluded = [sorted(data.draw(st.sets(st.integers(0, items - 1)))) for _ in range(users)]
    found = rank(user_rows, item_rows, item_sets(excluded), count)
    wanted = by_definition(user_rows @ item_rows.T, excluded, count)
    for row in range(users):
        labels, scores = found.of(row)
        assert labels == wanted[row]
        assert scores == [float(user_rows[row] @ item_rows[label]) for label in labels]


def test_blocks_of_users_give_what_one_block_gives(monkeypatch):
    draw = np.random.default_rng(0)
    user_rows, item_rows = draw.normal(size=(23, 8)).astype(np.float32), draw.normal(size=(50, 8)).astype(np.float32)
    excluded = item_sets([sorted(draw.choice(50, size=draw.integers(0, 9), replace=False).tolist()) for _ in range(23)])
    at_once = rank(user_rows, item_rows, excluded, 10)
    monkeypatch.setattr(ranking, "_BLOCK_BYTES", 4 * 50 * 5)
    in_blocks = rank(user_rows, item_rows, excluded, 10)
    assert np.array_equal(at_once.labels, in_blocks.labels)
    np.testing.assert_allclose(at_once.scores, in_blocks.scores, rtol=1e-6)


def test_the_memory_of_a_block_is_bounded(monkeypatch):
    monkeypatch.setattr(ranking, "_BLOCK_BYTES", 4 * 100 * 3)
    seen = []
    select = ranking._select
    monkeypatch.setattr(
        ranking, "_select", lambda products, *rest: (seen.append(products.shape), select(products, *rest))
    )
    rank(np.ones((10, 2), np.float32), np.ones((100, 2), np.float32), ItemSets.empty(10), 4)
    assert seen == [(3, 100), (3, 100), (3, 100), (1, 100)]


def test_equal_scores_come_in_the_order_of_the_index():
    found = rank(np.ones((1, 1), np.float32), np.zeros((30, 1), np.float32), item_sets([[0, 3]]), 5)
    assert found.of(0)[0] == [1, 2, 4, 5, 6]


def test_a_user_who_has_seen_everything_gets_an_empty_list():
    found = rank(np.ones((2, 1), np.float32), np.ones((3, 1), np.float32), item_sets([[0, 1, 2], [1]]), 2)
    assert found.of(0) == ([], [])
    assert found.of(1)[0] == [0, 2]
    assert found.labels[0].tolist() == [NO_ITEM, NO_ITEM]


def test_scores_come_back_to_the_same_float32():
    draw = np.random.default_rng(3)
    found = rank(
        draw.normal(size=(1, 9)).astype(np.float32), draw.normal(size=(99, 9)).astype(np.float32), ItemSets.empty(1), 99
    )
    assert np.array_equal(np.array(found.of(0)[1], np.float32), found.scores[0])


def test_no_users_give_no_lists():
    assert rank(np.zeros((0, 2), np.float32), np.ones((3, 2), np.float32), ItemSets.empty(0), 2).labels.shape == (0, 2)


def test_a_set_for_each_user_is_demanded():
    with pytest.raises(ValueError, match="a set for each of the 2 users, got 1"):
        rank(np.ones((2, 1), np.float32), np.ones((3, 1), np.float32), ItemSets.empty(1), 2)
