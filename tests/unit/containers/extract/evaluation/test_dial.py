import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.data.settings import given
from containers.extract.evaluation import dial
from containers.extract.evaluation.dial import Dial, turn
from containers.extract.model.vectors import Terms
from tests.unit.containers.extract.world import World


def turned(world: World, folder, own: float = 0.0) -> Dial:
    """The dial of a model that scores items of the user's color by ``own``, the others by its negative."""
    paths = world.write(folder / "opt")
    index = DataIndex(paths.processing_input("index"), world.users, world.items)
    colours = [np.where(np.arange(count) % 2 == 0, 1, -1)[:, np.newaxis] for count in (world.items, world.users)]
    terms = Terms(
        (own * colours[0]).astype(np.float32),
        colours[1].astype(np.float32),
        np.zeros(world.items),
        np.log1p(np.array(world.popularity, dtype=np.float64)),
        np.zeros(world.users),
    )
    run = read_run(paths)
    return turn(run, index, terms, index.catalogue().popularity, given(run))


def hidden_among_popular(users: int = 12) -> World:
    """No user has had each user's held-out item; ten others that the user does not know are popular with others."""
    pairs = [(user, item, False, 1.0) for user in range(users) for item in range(20 + (user + 1) % 2, 40, 2)]
    pairs += [(user, user % 2, True, 1.0) for user in range(users)]
    return World(users, 40, pairs)


def test_turning_it_up_brings_popular_items_in_place_of_what_the_model_knows(tmp_path):
    found = turned(hidden_among_popular(), tmp_path, own=0.5)
    first, last = found.points[0], found.points[-1]
    assert (first.popularity, last.popularity, found.users) == (0, 1, 12)
    assert (first.balance.ndcg, last.balance.ndcg) == (1, 0)
    assert first.balance.coverage == last.balance.coverage == 0.5
    # Each color's ten, none of which the user knows.
    assert found.most_popular == dial.Balance(0, 0.5)


def test_the_requests_own_value_is_a_point(tmp_path):
    found = turned(World.checkerboard(8, 20, request={"popularity": 0.25}), tmp_path)
    values = [point.popularity for point in found.points]
    assert values == sorted([tenth / 10 for tenth in range(11)] + [0.25])


@pytest.mark.parametrize(
    "world",
    [
        World.checkerboard(8, 20, request={"feedback": "explicit"}),
        World(3, 4, [(user, user, False, 1.0) for user in range(3)]),
    ],
)
def test_without_a_popularity_term_or_anybody_held_out_there_is_no_curve(tmp_path, world):
    assert turned(world, tmp_path).as_json() == {"dial": [], "dial_users": 0, "dial_most_popular": None}


def test_of_many_users_some_are_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(dial, "MOST_USERS", 5)
    found = turned(World.checkerboard(40, 20), tmp_path, own=1.0)
    assert found.users == 5
    assert found.points[0].balance.ndcg > 0
    assert found.most_popular is not None
    assert found.most_popular.coverage <= 5 * 10 / 20
