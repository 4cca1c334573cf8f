"""The oracle ranks by sorting, one user at a time, and counts in sets."""

import math
import statistics

import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex
from containers.extract.evaluation.breakdown import breakdown
from containers.extract.lists.held_out_lists import held_out_lists
from containers.extract.model.vectors import Vectors
from contract.measured_documents import Breakdown
from tests.unit.containers.extract.world import World


def drawn(world: World) -> Vectors:
    draw = np.random.default_rng(6)
    return Vectors(
        draw.normal(size=(world.items, 4)).astype(np.float32), draw.normal(size=(world.users, 3)).astype("f4")
    )


def broken_down(world: World, index: DataIndex, vectors: Vectors) -> Breakdown:
    popularity = np.array(world.popularity)
    lists = held_out_lists(index, vectors, popularity)
    assert lists is not None
    return breakdown(index, vectors, lists, popularity)


def ndcg(listed: list[int], wanted: set[int]) -> float:
    gain = sum(1 / math.log2(place + 2) for place, item in enumerate(listed[:10]) if item in wanted)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(10, len(wanted))))


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    world = World.random(60, 150, seed=4)
    index = DataIndex(world.write(tmp_path_factory.mktemp("b") / "opt").processing_input("index"), 60, 150)
    vectors = drawn(world)
    return world, vectors, broken_down(world, index, vectors)


def rankings(world: World, vectors: Vectors, user: int) -> dict[str, list[int]]:
    """Everything that the user had not had, ranked by model and by popularity."""
    scores = vectors.of_users(np.array([user]))[0] @ vectors.items.T
    new = [item for item in range(world.items) if item not in set(world.trained(user))]
    return {
        "model": sorted(new, key=lambda item: (-scores[item], item)),
        "most_popular": sorted(new, key=lambda item: (-world.popularity[item], item)),
    }


def held_out(world: World) -> list[int]:
    return [user for user in range(world.users) if world.held_out(user)]


def test_bands_are_thirds_of_the_users_by_what_was_learned_of_them(measured):
    world, vectors, found = measured
    users = held_out(world)
    assert [band["band"] for band in found["bands"]] == ["light", "middle", "heavy"]
    assert sum(band["users"] for band in found["bands"]) == len(users)
    assert found["bands"][0]["most"] < found["bands"][1]["fewest"] <= found["bands"][1]["most"]
    assert found["bands"][1]["most"] < found["bands"][2]["fewest"]
    for band in found["bands"]:
        inside = [user for user in users if band["fewest"] <= len(world.trained(user)) <= band["most"]]
        assert len(inside) == band["users"] >= len(users) / 6
        for name in ("model", "most_popular"):
            each = [ndcg(rankings(world, vectors, user)[name], set(world.held_out(user))) for user in inside]
            assert band[name] == pytest.approx(statistics.mean(each))
        lower, upper = band["difference_interval"]
        assert lower <= band["model"] - band["most_popular"] <= upper


def test_the_tail_is_ranked_and_looked_for_without_the_head(measured):
    world, vectors, found = measured
    order = sorted(range(world.items), key=lambda item: (-world.popularity[item], item))
    total = sum(world.popularity)
    size = next(n for n in range(world.items) if 3 * sum(world.popularity[item] for item in order[: n + 1]) >= total)
    head = set(order[: size + 1])
    users = [user for user in held_out(world) if set(world.held_out(user)) - head]
    assert 0 < len(users) < len(held_out(world)), "some users have nothing but the head held out"
    assert found["tail"]["users"] == len(users)
    for name in ("model", "most_popular"):
        lists = {user: [i for i in rankings(world, vectors, user)[name] if i not in head] for user in users}
        each = [ndcg(lists[user], set(world.held_out(user)) - head) for user in users]
        assert found["tail"][name] == pytest.approx(statistics.mean(each))


def test_coverage_is_of_a_hundred_places(measured):
    world, vectors, found = measured
    for name in ("model", "most_popular"):
        lists = [rankings(world, vectors, user)[name][:100] for user in held_out(world)]
        assert found["coverage@100"][name] == len({item for items in lists for item in items}) / world.items


def test_users_who_are_alike_are_one_band(tmp_path):
    world = World.checkerboard(12, 40)
    index = DataIndex(world.write(tmp_path / "opt").processing_input("index"), 12, 40)
    (band,) = broken_down(world, index, drawn(world))["bands"]
    assert (band["band"], band["users"], band["fewest"]) == ("light", 12, band["most"])
