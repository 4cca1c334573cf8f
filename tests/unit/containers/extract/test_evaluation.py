import numpy as np
import pytest

from containers.extract.data_index import DataIndex
from containers.extract.evaluation import Evaluation, evaluate_model
from containers.extract.vectors import Vectors
from tests.unit.containers.extract.world import World


def evaluated(world: World, vectors: Vectors, folder) -> Evaluation:
    index = DataIndex(world.write(folder / "opt").processing_input("index"), world.users, world.items)
    return evaluate_model(index, vectors, np.array(world.popularity))


def colours(users: int, items: int, own: float) -> Vectors:
    item_rows = np.column_stack([np.where(np.arange(items) % 2 == 0, own, -own), np.zeros(items)]).astype(np.float32)
    return Vectors(item_rows, np.where(np.arange(users) % 2 == 0, 1, -1).astype(np.float32)[:, np.newaxis])


def test_a_model_that_knows_colours_finds_all_on_a_checkerboard_and_popularity_does_not(tmp_path):
    world = World.checkerboard(40, 80)
    found = evaluated(world, colours(40, 80, own=1.0), tmp_path)
    assert (found.users, found.held_out) == (40, 80)
    # Each user's two held-out items and two that stay unknown fill the first four places.
    assert found.model["recall@20"] == 1
    assert found.model["ndcg@10"] > 0.6
    assert found.most_popular["recall@20"] < 0.6


def test_the_ratio_is_the_models_ndcg_over_most_populars():
    model, popular = ({"ndcg@10": value, "recall@20": 0.0, "coverage": 0.0} for value in (0.3, 0.2))
    assert Evaluation(model, popular, users=9, held_out=9).ratio == pytest.approx(1.5)
    assert Evaluation(model, {**popular, "ndcg@10": 0.0}, users=9, held_out=9).ratio is None


def test_a_model_that_has_the_colours_the_wrong_way_round_finds_nothing(tmp_path):
    found = evaluated(World.checkerboard(40, 80), colours(40, 80, own=-1.0), tmp_path)
    assert found.model["ndcg@10"] == found.model["recall@20"] == 0


def test_without_held_out_interactions_there_are_no_metrics(tmp_path):
    world = World(3, 4, [(user, user, False, 1.0) for user in range(3)])
    found = evaluated(world, colours(3, 4, own=1.0), tmp_path)
    assert found.as_json() == {"model": None, "most_popular": None, "users": 0, "held_out": 0}
    assert found.ratio is None


def test_popularity_is_exact_however_large(tmp_path):
    # In float32 the two are equal, and the wrong one would come first.
    world = World(1, 3, [(0, 0, False, 1.0), (0, 2, True, 1.0)])
    index = DataIndex(world.write(tmp_path / "opt").processing_input("index"), 1, 3)
    found = evaluate_model(index, colours(1, 3, own=1.0), np.array([5, 2**25, 2**25 + 1]))
    assert found.most_popular["ndcg@10"] == 1


def test_held_out_items_do_not_count_as_seen(tmp_path):
    world = World(1, 2, [(0, 0, False, 1.0), (0, 1, True, 1.0)])
    found = evaluated(world, colours(1, 2, own=1.0), tmp_path)
    assert found.model == {"ndcg@10": 1, "recall@20": 1, "coverage": 0.5}
