"""From a user's neighbours to the published list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.part_manifest import ExactList, PartUser
from contract.refusal import PublishRefused
from lambdas.loading.neighbour_lists import Neighbours
from lambdas.loading.user_lists import ListRules, RankedList

RULES = ListRules(top_x=3, items=10, servable=10, complete=True)
FOUND = Neighbours([7, 2, 5, 0, 9], [1.0, 2.0, 3.0, 4.0, 5.0])


def user(*seen: int) -> PartUser:
    return PartUser(user="ann", seen=list(seen))


def test_the_best_come_first_whichever_way_the_neighbours_stand() -> None:
    due = RankedList([9, 0, 5], [5.0, 4.0, 3.0])
    assert RULES.list_of(user(), FOUND, "ascending") == due
    turned = Neighbours(FOUND.labels[::-1], FOUND.distances[::-1])
    assert RULES.list_of(user(), turned, "descending") == due


def test_seen_items_are_left_out() -> None:
    assert RULES.list_of(user(0, 3, 9), FOUND, "ascending").labels == [5, 2, 7]


def test_an_exact_list_goes_before_the_neighbours() -> None:
    heavy: PartUser = {**user(0, 9, 5), "exact": ExactList(labels=[4, 8, 1, 6], scores=[9.0, 8.0, 8.0, 7.0])}
    assert RULES.list_of(heavy, FOUND, "ascending") == RankedList([4, 8, 1], [9.0, 8.0, 8.0])


def test_who_has_seen_nearly_everything_gets_what_is_left() -> None:
    most = user(*range(8))
    every = Neighbours(list(range(10)), [float(n) for n in range(10)])
    assert RULES.list_of(most, every, "ascending").labels == [9, 8]
    assert RULES.list_of(user(*range(10)), every, "ascending").labels == []


def test_a_list_that_is_too_short_is_refused_unless_the_index_may_miss_neighbours() -> None:
    with pytest.raises(PublishRefused, match=r"'ann' must have 3 items \(10 may be shown, 3 seen\), got 2"):
        RULES.list_of(user(0, 9, 5), FOUND, "ascending")
    rough = ListRules(top_x=3, items=10, servable=10, complete=False)
    assert rough.list_of(user(0, 9, 5), FOUND, "ascending").labels == [2, 7]
    exact: PartUser = {**user(0), "exact": ExactList(labels=[4], scores=[1.0])}
    with pytest.raises(PublishRefused, match="must have 3 items"):
        rough.list_of(exact, FOUND, "ascending")


@pytest.mark.parametrize(
    ("labels", "scores", "said"),
    [
        ([4, 9, 1], [3.0, 2.0, 1.0], "one that the user has seen"),
        ([4, 4, 1], [3.0, 3.0, 1.0], "holds an item twice"),
        ([4, 10, 1], [3.0, 2.0, 1.0], "outside the catalogue, 0..9: 1..10"),
        ([4, 8, 1], [3.0, 2.0], "3 labels and 2 scores"),
        ([4, 8, 1], [3.0, float("nan"), 1.0], "not finite"),
        ([4, 8, 1], [3.0, 1.0, 2.0], "rises from 1 to 2 at place 2"),
    ],
)
def test_an_exact_list_is_checked_like_any_other(labels: list[int], scores: list[float], said: str) -> None:
    heavy: PartUser = {**user(9), "exact": ExactList(labels=labels, scores=scores)}
    with pytest.raises(PublishRefused, match=said):
        RULES.list_of(heavy, FOUND, "ascending")


def test_a_row_that_stands_the_other_way_than_the_probes_is_refused() -> None:
    with pytest.raises(PublishRefused, match="direction: the probes are descending, but of another row"):
        RULES.list_of(user(), FOUND, "descending")


def test_ties_may_stand_in_any_order_within_the_noise_of_single_precision() -> None:
    noisy = Neighbours([1, 2, 3], [4.0000001, 4.0, 5.0])
    assert RULES.list_of(user(), noisy, "ascending").labels == [3, 2, 1]


@given(
    st.permutations(range(30)),
    st.sets(st.integers(0, 29)),
    st.integers(1, 30),
    st.sampled_from(["ascending", "descending"]),
)
def test_a_complete_search_gives_brute_forces_list(
    order: list[int], seen: set[int], top_x: int, direction: str
) -> None:
    scores = [float(score) for score in range(30)]
    found = Neighbours(order, scores)
    due = [label for label in reversed(order) if label not in seen][:top_x]
    if direction == "descending":
        found = Neighbours(order[::-1], scores[::-1])
    rules = ListRules(top_x=top_x, items=30, servable=30, complete=True)
    assert rules.list_of(user(*sorted(seen)), found, direction).labels == due  # type: ignore[arg-type]


def test_a_limited_list_must_be_exact_and_may_be_short() -> None:
    limited = ListRules(top_x=3, items=10, servable=8, complete=True, limited=True)
    short: PartUser = {**user(0), "exact": ExactList(labels=[4, 8], scores=[2.0, 1.0])}
    assert limited.list_of(short, FOUND, "ascending").labels == [4, 8]
    with pytest.raises(PublishRefused, match="must be exact, because categories are limited"):
        limited.list_of(user(0), FOUND, "ascending")


def test_a_list_is_as_long_as_what_may_be_shown_allows() -> None:
    left = Neighbours([5, 0, 9], [3.0, 4.0, 5.0])
    few = ListRules(top_x=4, items=10, servable=3, complete=True)
    assert few.list_of(user(), left, "ascending").labels == [9, 0, 5]
    assert few.list_of(user(0), left, "ascending").labels == [9, 5]
    with pytest.raises(PublishRefused, match=r"must have 3 items \(3 may be shown, 0 seen\), got 2"):
        few.list_of(user(), Neighbours([5, 0], [3.0, 4.0]), "ascending")


EXACT = ExactList(labels=[], scores=[])


@pytest.mark.parametrize(
    ("rules", "given", "length", "reason"),
    [
        (ListRules(3, 10, 10, complete=True), user(), 3, None),
        (ListRules(3, 2, 2, complete=True), user(0), 1, "few_items"),
        (ListRules(3, 10, 2, complete=True), user(), 2, "rules"),
        (ListRules(3, 10, 4, complete=True), user(1, 2), 2, "seen"),
        (ListRules(3, 10, 10, complete=True, limited=True), {**user(), "exact": EXACT}, 2, "most_per_category"),
        (ListRules(3, 10, 4, complete=True, limited=True), {**user(1, 2), "exact": EXACT}, 2, "seen"),
        (ListRules(3, 10, 10, complete=False), user(), 2, "index"),
    ],
)
def test_a_short_list_has_a_reason(rules: ListRules, given: PartUser, length: int, reason: str | None) -> None:
    assert rules.shortage(given, length) == reason
