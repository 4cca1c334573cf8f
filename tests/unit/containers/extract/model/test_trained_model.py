"""Whether a model knows its training interactions: models for which this is known by construction, and damaged ones."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import RunInputs, read_run
from containers.extract.data.settings import DEFAULT
from containers.extract.data.training_pairs import TrainingPairs, had
from containers.extract.model.trained_model import ModelLearnedNothing, require_finite, require_trained
from containers.extract.model.vectors import Terms
from tests.unit.containers.extract.world import World

USERS, ITEMS, FACTORS = 120, 60, 8
NO_LOSS: list = []


@dataclass(frozen=True)
class Taught:
    """Terms, and a world whose users have had the items that these rank highest for them, or rated them accordingly."""

    run: RunInputs
    index: DataIndex
    terms: Terms

    def measured(self, terms: Terms | None = None, epochs: list = NO_LOSS) -> str:
        return require_trained(self.run, self.index, terms or self.terms, epochs)


def taught(folder, feedback: str, factors: int = FACTORS) -> Taught:
    draw = np.random.default_rng(3)
    users, items = draw.normal(size=(USERS, factors)), draw.normal(size=(ITEMS, factors))
    scores = users @ items.T
    pairs = [
        (user, int(item), place < 2, float(scores[user, item]))
        for user in range(USERS)
        for place, item in enumerate(draw.permutation(np.argsort(-scores[user])[:12]))
    ]
    world = World(USERS, ITEMS, pairs, factors=factors, request={"feedback": feedback, "epochs": 40})
    paths = world.write(folder / "opt")
    terms = Terms(items.astype(np.float32), users.astype(np.float32), np.zeros(ITEMS), np.zeros(ITEMS), np.zeros(USERS))
    return Taught(read_run(paths), DataIndex(paths.processing_input("index"), USERS, ITEMS), terms)


@pytest.fixture(scope="module", params=["implicit", "explicit"])
def model(request, tmp_path_factory) -> Taught:
    return taught(tmp_path_factory.mktemp(request.param), request.param)


def test_a_model_that_its_data_follows_is_passed(model):
    assert "the model predicts its own training data" in model.measured()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda terms, _: replace(terms, item_factors=terms.item_factors * 0),
        lambda terms, _: replace(terms, user_factors=terms.user_factors * 0),
        lambda terms, draw: replace(terms, item_factors=draw.permutation(terms.item_factors)),
        lambda terms, draw: replace(terms, user_factors=draw.permutation(terms.user_factors)),
        lambda terms, draw: replace(terms, item_factors=draw.normal(size=(ITEMS, FACTORS)).astype(np.float32)),
        lambda terms, _: replace(terms, item_factors=-terms.item_factors),
    ],
    ids=["items zeroed", "users zeroed", "items shuffled", "users shuffled", "another's items", "one side negated"],
)
def test_a_spoiled_one_is_refused(model, spoil: Callable[[Terms, np.random.Generator], Terms]):
    with pytest.raises(ModelLearnedNothing, match="does not predict the interactions that it was trained on"):
        model.measured(spoil(model.terms, np.random.default_rng(5)))


def test_shuffled_items_pass_by_chance_one_time_in_a_hundred_at_most(model):
    refused = 0
    for seed in range(25):
        items = np.random.default_rng(seed).permutation(model.terms.item_factors)
        try:
            model.measured(replace(model.terms, item_factors=items))
        except ModelLearnedNothing:
            refused += 1
    assert refused >= 23  # with a chance of one in a hundred, three of 25 happen once in five hundred times


def test_popularity_and_what_is_a_users_own_count_for_nothing(tmp_path):
    model = taught(tmp_path, "implicit")
    draw = np.random.default_rng(1)
    biased = replace(model.terms, item_terms=draw.normal(size=ITEMS) * 9, user_terms=draw.normal(size=USERS) * 9)
    assert model.measured(biased) == model.measured()


def test_a_model_is_not_verified_on_too_little_data(tmp_path):
    few = taught(tmp_path, "explicit", factors=2)
    nothing = replace(few.terms, item_factors=few.terms.item_factors * 0)
    assert few.measured(nothing).startswith("too little data to verify the model: 1,200 interactions, 2 factors")


def test_a_model_is_not_verified_if_all_users_have_the_same(tmp_path):
    world = World(40, 30, [(user, item, False, 1.0) for user in range(40) for item in range(30)], factors=64)
    paths = world.write(tmp_path / "opt")
    zeros = np.zeros(30), np.zeros(30), np.zeros(40)
    terms = Terms(np.zeros((30, 64), np.float32), np.zeros((40, 64), np.float32), *zeros)
    index = DataIndex(paths.processing_input("index"), 40, 30)
    assert "all users have the same items" in require_trained(read_run(paths), index, terms, NO_LOSS)


@pytest.mark.parametrize("factor", [30.0, 1e10])
def test_a_loss_far_above_the_trainings_own_is_refused(model, factor: float):
    reported = [{"epoch": 1, "loss": 0.9}, {"epoch": 2, "loss": 0.5}, {"epoch": 3, "loss": None}]
    assert "the model predicts" in model.measured(epochs=reported)
    scaled = replace(model.terms, item_factors=model.terms.item_factors * np.float32(-factor))
    with pytest.raises(
        ModelLearnedNothing, match=r"because the training's last epoch had 0\.5, got|must be below 1000 in size"
    ):
        model.measured(scaled, reported)


@pytest.mark.parametrize("value", [1e30, np.inf, np.nan])
def test_scores_that_float32_cannot_hold_are_refused(model, value: float):
    items, users = model.terms.item_factors.copy(), model.terms.user_factors.copy()
    items[7], users[5] = value, value
    with pytest.raises(ModelLearnedNothing, match=r"a float32 at most 3\.4e"):
        require_finite(replace(model.terms, item_factors=items, user_factors=users).at(DEFAULT))
    require_finite(model.terms.at(DEFAULT))


def test_the_sample_is_of_training_pairs_and_the_same_each_time(model):
    once, again = (TrainingPairs.of(model.index, 300, 0) for _ in range(2))
    assert np.array_equal(once.users, again.users)
    assert np.array_equal(once.items, again.items)
    everything = TrainingPairs.of(model.index, 10**6, 0)
    assert (len(once), len(everything)) == (300, 10 * USERS)
    assert had(model.index, everything.users, everything.items).all()
    assert had(model.index, np.array([0] * ITEMS, np.int32), np.arange(ITEMS, dtype=np.int32)).sum() == 12
