"""Lists compared with the vectors that they must come from."""

import numpy as np
import pytest

from contract.part_manifest import PartUser
from contract.refusal import PublishRefused
from lambdas.loading.neighbour_lists import Neighbours
from lambdas.loading.user_lists import ListRules, RankedList
from lambdas.loading.vector_proofs import ItemRows, RowProofs

ITEMS, WIDTH = 40, 5
DRAW = np.random.default_rng(2)
ITEM_ROWS, USER = DRAW.normal(size=(ITEMS, WIDTH)).astype("<f4"), DRAW.normal(size=WIDTH).astype("<f4")
PRODUCTS = ITEM_ROWS @ USER
BEST = np.argsort(-PRODUCTS).tolist()


def packed(labels: list[int]) -> bytes:
    return np.array(labels, "<i4").tobytes() + ITEM_ROWS[labels].tobytes()


def proofs(labels: list[int] | None = None, complete: bool = True) -> RowProofs:
    items = ItemRows(packed([*range(ITEMS)] if labels is None else labels), width=WIDTH, items=ITEMS)
    rules = ListRules(3, ITEMS, ITEMS, complete=complete)
    return RowProofs("part-00000", USER.tobytes(), items, users=1, width=WIDTH, rules=rules)


def answer(labels: list[int]) -> tuple[Neighbours, RankedList]:
    """With the right distances, and the list of the first three."""
    distances = PRODUCTS[labels].tolist()
    return Neighbours(labels, distances), RankedList(labels[:3], distances[:3])


def test_the_right_answer_passes_and_what_lies_beyond_the_list_is_not_looked_at() -> None:
    found, ranked = answer(BEST[:10])
    proofs().require(0, PartUser(user="u", seen=[]), found, ranked)
    found.labels[8] = BEST[-1]
    proofs().require(0, PartUser(user="u", seen=[]), found, ranked)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_wrong_label_in_the_list_is_refused(place: int) -> None:
    found, ranked = answer(BEST[:10])
    found.labels[place] = ranked.labels[place] = BEST[20]
    with pytest.raises(PublishRefused, match=f"row 0 of part-00000 is not proven: item {BEST[20]} has"):
        proofs().require(0, PartUser(user="u", seen=[]), found, ranked)


def test_a_wrong_label_among_the_seen_ones_that_a_list_passes_over_is_refused() -> None:
    """The item whose place it took would be missing from the list."""
    found, _ = answer(BEST[:10])
    found.labels[0] = BEST[20]
    ranked = RankedList(found.labels[1:4], found.distances[1:4])
    with pytest.raises(PublishRefused, match="is not proven"):
        proofs().require(0, PartUser(user="u", seen=[BEST[20]]), found, ranked)


def test_of_a_short_list_every_neighbour_counts() -> None:
    found, _ = answer(BEST[:6])
    found.labels[5] = BEST[20]
    ranked = RankedList(BEST[:2], found.distances[:2])
    with pytest.raises(PublishRefused, match="is not proven"):
        proofs(complete=False).require(0, PartUser(user="u", seen=BEST[2:5]), found, ranked)


def test_an_exact_list_is_checked_instead_of_the_answer() -> None:
    found, ranked = answer(BEST[10:20])
    user = PartUser(user="u", seen=[], exact={"labels": ranked.labels, "scores": ranked.scores})
    proofs().require(0, user, Neighbours([], []), ranked)
    with pytest.raises(PublishRefused, match="is not proven"):
        proofs().require(0, user, found, RankedList(ranked.labels[::-1], ranked.scores))


def test_an_item_that_the_answer_lacks_is_found_by_what_the_user_has_seen() -> None:
    missing = BEST[0]
    found, ranked = answer(BEST[1:11])
    with pytest.raises(PublishRefused, match=f"item {missing} is missing from the answer for user 'u'"):
        proofs().require(0, PartUser(user="u", seen=[missing]), found, ranked)
    proofs(complete=False).require(0, PartUser(user="u", seen=[missing]), found, ranked)


def test_every_item_is_looked_for_in_some_row_without_anything_seen() -> None:
    found, ranked = answer(BEST[1:11])
    rows = np.repeat(USER[np.newaxis], 40, axis=0).tobytes()
    items = ItemRows(packed([*range(ITEMS)]), width=WIDTH, items=ITEMS)
    many = RowProofs("part-00000", rows, items, users=40, width=WIDTH, rules=ListRules(3, ITEMS, ITEMS, complete=True))
    refused = 0
    for row in range(40):
        try:
            many.require(row, PartUser(user="u", seen=[]), found, ranked)
        except PublishRefused:
            refused += 1
    assert 40 * 8 / ITEMS / 2 <= refused <= 2 * 40 * 8 / ITEMS


def test_of_a_very_large_catalogue_only_the_items_that_are_there_are_checked() -> None:
    found, ranked = answer(BEST[:10])
    known = sorted(BEST[1:6])
    proofs(known).require(0, PartUser(user="u", seen=[BEST[0]]), found, ranked)
    found.labels[0] = BEST[30]  # not one of them
    proofs(known).require(0, PartUser(user="u", seen=[]), found, ranked)
    found.distances[1] += 0.1
    with pytest.raises(PublishRefused, match=f"item {BEST[1]} has"):
        proofs(known).require(0, PartUser(user="u", seen=[]), found, ranked)


def test_rows_of_another_number_are_refused() -> None:
    items = ItemRows(packed([*range(ITEMS)]), width=WIDTH, items=ITEMS)
    with pytest.raises(PublishRefused, match="must be 2 of 5 numbers, 40 bytes, got 20"):
        RowProofs("p", USER.tobytes(), items, users=2, width=WIDTH, rules=ListRules(3, ITEMS, ITEMS, complete=True))


def test_products_are_numpys_also_of_rows_of_unlike_length() -> None:
    draw = np.random.default_rng(3)
    rows = draw.normal(size=(200, 321)) * np.geomspace(1e-4, 1e4, 200)[:, np.newaxis]
    rows, users = rows.astype("<f4"), draw.normal(size=(3, 321)) * np.array([[1e-3], [1.0], [1e3]])
    items = ItemRows(np.arange(200, dtype="<i4").tobytes() + rows.tobytes(), width=321, items=200)
    for user in users:
        expected = rows.astype(np.float64) @ user
        lengths = np.linalg.norm(user) ** 2 + np.linalg.norm(rows.astype(np.float64), axis=1) ** 2
        assert np.all(np.abs(np.array(items.products(user.tolist(), range(200)), float) - expected) <= 1e-13 * lengths)


def test_rows_at_right_angles_have_a_product_of_exactly_0() -> None:
    """All distances of such a user are 0, which leaves no tolerance for rounding."""
    rows = np.diag(np.float32([0.1, 0.3, 0.7])).astype("<f4")
    items = ItemRows(np.arange(3, dtype="<i4").tobytes() + rows.tobytes(), width=3, items=3)
    assert items.products([0.7, 0.0, 0.0], [1, 2]) == [0.0, 0.0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_has_no_product(bad: float) -> None:
    rows = np.float32([[1, bad, 0]]).astype("<f4")
    items = ItemRows(np.int32([0]).tobytes() + rows.tobytes(), width=3, items=1)
    assert np.isnan(np.array(items.products([1.0, 1.0, 1.0], [0]), float)).all()
