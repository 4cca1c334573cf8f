import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import run_plan
from sagemaker_contract import fm_hyperparameters

sizes = st.integers(1, 5000)


@given(items=sizes, top_x=st.integers(1, 500), p95=st.integers(0, 5000), seen=st.integers(0, 5000))
def test_a_user_who_is_not_heavy_keeps_the_whole_list_among_the_neighbours(
    items: int, top_x: int, p95: int, seen: int
) -> None:
    seen = min(seen, items)
    k = run_plan.neighbour_count(items, top_x, min(p95, items), exclude_seen=True)
    assert 1 <= k <= min(items, run_plan.MOST_NEIGHBOURS)
    if not run_plan.is_heavy(seen, k, items, top_x):
        # The worst case: everything seen is among the nearest k.
        assert k - min(seen, k) >= run_plan.list_length(items, seen, top_x)


@given(items=sizes, top_x=st.integers(1, 500), p95=st.integers(0, 5000))
def test_without_exclusion_the_neighbours_are_the_list(items: int, top_x: int, p95: int) -> None:
    k = run_plan.neighbour_count(items, top_x, p95, exclude_seen=False)
    assert k == run_plan.list_length(items, 0, top_x)


@given(st.integers(1, 10_000_000))
def test_parts_hold_everybody_and_none_is_empty(users: int) -> None:
    parts = run_plan.part_count(users)
    assert 1 <= parts <= users
    assert -(-users // parts) <= run_plan.USERS_PER_PART


@given(st.integers(0, 99_998))
def test_parts_sort_by_number(number: int) -> None:
    assert run_plan.part_name(number) < run_plan.part_name(number + 1)


@pytest.mark.parametrize("feedback", ["implicit", "explicit"])
def test_a_recipe_is_legal_and_its_own_copy(feedback: str) -> None:
    recipe = run_plan.recipe(feedback, 1000)
    assert fm_hyperparameters.faults({**recipe, "feature_dim": "2", "num_factors": "1"}) == []
    recipe["epochs"] = "0"
    assert run_plan.recipe(feedback, 1000)["epochs"] != "0"
