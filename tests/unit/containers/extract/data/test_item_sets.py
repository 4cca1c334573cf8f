import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from containers.extract.data.item_sets import ItemSets
from tests.unit.containers.extract.made_lists import item_sets

LISTS = st.lists(st.lists(st.integers(0, 50), max_size=6, unique=True), min_size=1, max_size=8)


def as_lists(sets: ItemSets) -> list[list[int]]:
    return [sets.of(row).tolist() for row in range(len(sets))]


@given(LISTS)
def test_counts_and_owners_describe_the_lists(lists):
    sets = item_sets(lists)
    assert sets.counts().tolist() == [len(one) for one in lists]
    assert sets.owners().tolist() == [row for row, one in enumerate(lists) for _ in one]


@given(LISTS, st.data())
def test_rows_are_taken_as_from_a_list_of_lists(lists, data):
    sets = item_sets(lists)
    first = data.draw(st.integers(0, len(lists)))
    last = data.draw(st.integers(first, len(lists)))
    assert as_lists(sets.between(first, last)) == lists[first:last]
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=5))
    assert as_lists(sets.chosen(np.array(rows, dtype=np.int64))) == [lists[row] for row in rows]


@given(LISTS)
def test_elements_are_kept_by_their_flags(lists):
    sets = item_sets(lists)
    assert as_lists(sets.where(sets.items % 2 == 0)) == [[item for item in one if item % 2 == 0] for one in lists]


def test_empty_sets():
    assert as_lists(ItemSets.empty(2)) == [[], []]


def test_transposed_they_are_the_users_of_each_item():
    sets = ItemSets(np.array([0, 2, 2, 5]), np.array([1, 3, 0, 1, 4], dtype=np.int32))
    found = sets.transposed(6)
    assert [found.of(item).tolist() for item in range(6)] == [[2], [0, 2], [], [0], [2], []]
