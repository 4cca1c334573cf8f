import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.evaluation.comparison import Comparison, compare
from containers.extract.evaluation.metrics import MEANS, Popularity
from containers.extract.evaluation.model_evaluation import Evaluation, compare_with_popular, evaluate
from containers.extract.lists.held_out_lists import held_out_lists
from containers.extract.lists.ranking import NO_ITEM
from containers.extract.model.vectors import Vectors
from tests.unit.containers.extract.made_lists import item_sets
from tests.unit.containers.extract.world import World


def against_popular(world: World, vectors: Vectors, folder) -> Comparison | None:
    index = DataIndex(world.write(folder / "opt").processing_input("index"), world.users, world.items)
    popularity = np.array(world.popularity)
    return compare_with_popular(held_out_lists(index, vectors, popularity), popularity)


def evaluated(world: World, vectors: Vectors, folder) -> Evaluation:
    paths = world.write(folder / "opt")
    run = read_run(paths)
    index = DataIndex(paths.processing_input("index"), world.users, world.items)
    return evaluate(run, index, index.catalogue(), vectors, paths.processing_input("champion"))


def colours(users: int, items: int, own: float) -> Vectors:
    item_rows = np.column_stack([np.where(np.arange(items) % 2 == 0, own, -own), np.zeros(items)]).astype(np.float32)
    return Vectors(item_rows, np.where(np.arange(users) % 2 == 0, 1, -1).astype(np.float32)[:, np.newaxis])


def test_a_model_that_knows_colours_finds_all_on_a_checkerboard_and_popularity_does_not(tmp_path):
    found = against_popular(World.checkerboard(40, 80), colours(40, 80, own=1.0), tmp_path)
    assert (found.users, found.held_out) == (40, 80)
    # Each user's two held-out items and two unknown ones take the first four places.
    assert found.model.metrics["recall@20"] == found.model.metrics["hit_rate@10"] == 1
    assert found.model.metrics["ndcg@10"] > 0.6
    assert found.model.metrics["mrr@10"] >= 1 / 3
    assert found.other.metrics["recall@20"] < 0.6
    # The paired difference is far from 0, and so is its interval.
    assert found.difference.intervals["ndcg@10"][0] > 0.2
    for name in MEANS:
        for side in (found.model, found.other, found.difference):
            lower, upper = side.intervals[name]
            assert lower <= side.metrics[name] + 1e-12
            assert side.metrics[name] <= upper + 1e-12
    expected = {name: found.model.metrics[name] - found.other.metrics[name] for name in found.model.metrics}
    assert found.difference.metrics == pytest.approx(expected)


def test_the_ratio_is_the_models_ndcg_over_the_others():
    held_out = item_sets([[0], [1]])
    hit, second, miss = (np.full((2, 20), NO_ITEM, dtype=np.int32) for _ in range(3))
    hit[:, 0], second[:, 0], second[:, 1] = [0, 1], 2, [0, 1]
    popularity = Popularity.of(np.array([1, 1, 1]))
    assert compare(second, hit, held_out, popularity).ratio == pytest.approx(1 / np.log2(3))
    assert compare(hit, miss, held_out, popularity).ratio is None


def test_a_model_that_has_the_colours_the_wrong_way_round_finds_nothing(tmp_path):
    found = against_popular(World.checkerboard(40, 80), colours(40, 80, own=-1.0), tmp_path)
    assert [found.model.metrics[name] for name in MEANS[:4]] == [0] * 4


def test_without_held_out_interactions_there_are_no_metrics(tmp_path):
    world = World(3, 4, [(user, user, False, 1.0) for user in range(3)])
    found = evaluated(world, colours(3, 4, own=1.0), tmp_path)
    assert found.as_json() == {
        "model": None,
        "most_popular": None,
        "difference": None,
        "intervals": None,
        "ratio": None,
        "users": 0,
        "held_out": 0,
        "head_items": 1,
        "champion": {"version": None, "comparable": False, "reason": "nothing is published yet"},
        "breakdown": None,
    }


def test_metrics_json_has_both_rankings_and_their_difference_with_intervals(tmp_path):
    world = World.checkerboard(20, 40)
    found = evaluated(world, colours(20, 40, own=1.0), tmp_path).as_json()
    everything = {*MEANS, "coverage"}
    for side in ("model", "most_popular", "difference"):
        assert set(found[side]) == everything
        assert set(found["intervals"][side]) == set(MEANS)
    assert (found["users"], found["held_out"]) == (20, 40)
    counts = sorted(world.popularity, reverse=True)
    assert 3 * sum(counts[: found["head_items"]]) >= sum(counts) > 3 * sum(counts[: found["head_items"] - 1])


def test_popularity_is_exact_however_large(tmp_path):
    # In float32 the two are equal, and the wrong one would come first.
    world = World(1, 3, [(0, 0, False, 1.0), (0, 2, True, 1.0)])
    index = DataIndex(world.write(tmp_path / "opt").processing_input("index"), 1, 3)
    popularity = np.array([5, 2**25, 2**25 + 1])
    found = compare_with_popular(held_out_lists(index, colours(1, 3, own=1.0), popularity), popularity)
    assert found.other.metrics["ndcg@10"] == 1


def test_held_out_items_do_not_count_as_seen(tmp_path):
    world = World(1, 2, [(0, 0, False, 1.0), (0, 1, True, 1.0)])
    found = against_popular(world, colours(1, 2, own=1.0), tmp_path)
    accuracy = dict.fromkeys(MEANS[:4], 1.0)
    # The only item left has no interactions: its self-information is that of an item with one.
    assert found.model.metrics == {**accuracy, "novelty": 0, "popular_share": 0, "coverage": 0.5}
