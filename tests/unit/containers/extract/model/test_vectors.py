"""The oracle is FM's own formula, pair by pair in float64."""

import math
from dataclasses import replace

import numpy as np
import pytest

from containers.extract.data.settings import DEFAULT
from containers.extract.model.parameters import FactorizationMachine
from containers.extract.model.vectors import Side, Vectors, vector_terms
from containers.feature_space import FeatureSpace, SideFeatures
from tests.unit.containers.extract.artifacts import Numbers

SPACE = FeatureSpace(users=6, items=9, features=7)
POPULARITY = np.array([0, 1, 5, 100, 3, 0, 7, 2, 40_000])
# Columns of the feature space: 15..17 are for users, 18..21 for items.
USERS = [{15: 1.0}, {}, {15: 0.5, 16: 0.5}, {17: 1.0}, {}, {16: 1.0}]
ITEMS = [
    {18: 1.0},
    {19: 0.25, 20: 0.75},
    {},
    {18: 0.5, 19: 0.5},
    {21: 1.0},
    {},
    {18: 0.4, 19: 0.3, 20: 0.3},
    {},
    {19: 1.0},
]
Known = list[dict[int, float]]
NOTHING: Known = []


@pytest.fixture
def numbers() -> Numbers:
    return Numbers.random(SPACE.dimension, 5)


def side_features(known: Known, rows: int) -> SideFeatures:
    triples = [(row, column, weight) for row, each in enumerate(known) for column, weight in each.items()]
    index, columns, weights = np.array(triples or np.empty((0, 3))).T
    return SideFeatures.of_triples(rows, index.astype(np.int64), columns.astype(np.int64), weights)


def vectors(
    numbers: Numbers, weight: float, users: Known = USERS, items: Known = ITEMS, untrained: int = -1
) -> Vectors:
    model = FactorizationMachine(numbers.v.astype(np.float32), numbers.w.astype(np.float32), numbers.w0)
    trained = np.arange(SPACE.users) != untrained
    user_side = Side(SPACE.user_columns, side_features(users, SPACE.users), trained)
    item_side = Side(SPACE.item_columns, side_features(items, SPACE.items), np.ones(SPACE.items, dtype=np.bool_))
    return vector_terms(model, user_side, item_side, POPULARITY).at(replace(DEFAULT, popularity=weight))


def raw_scores(numbers: Numbers, users: Known, items: Known) -> np.ndarray:
    """FM's score of every user and item: (users, items)."""
    rows = [{user: 1.0} | dict(enumerate(users)).get(user, {}) for user in range(SPACE.users)]
    columns = [{SPACE.users + item: 1.0} | dict(enumerate(items)).get(item, {}) for item in range(SPACE.items)]
    return np.array([[numbers.score(row | column) for column in columns] for row in rows])


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("users", "items"), [(NOTHING, NOTHING), (NOTHING, ITEMS), (USERS, NOTHING), (USERS, ITEMS)])
def test_inner_products_are_the_raw_score_less_the_users_constant_plus_popularity(numbers, weight, users, items):
    made = vectors(numbers, weight, users, items)
    products = made.of_users(slice(0, SPACE.users)).astype(np.float64) @ made.items.T.astype(np.float64)
    wanted = raw_scores(numbers, users, items) + weight * np.log(POPULARITY + 1)
    constants = products - wanted
    assert constants == pytest.approx(np.repeat(constants[:, :1], SPACE.items, axis=1), abs=2e-6)
    for user, known in enumerate(users or [{}] * SPACE.users):
        # w_0, and everything among the user's own columns.
        assert -constants[user, 0] == pytest.approx(numbers.score({user: 1.0} | known), abs=2e-6)


def test_without_popularity_a_users_order_is_the_models_own(numbers):
    made = vectors(numbers, 0.0)
    products = made.of_users(slice(0, SPACE.users)) @ made.items.T
    assert np.argsort(-products).tolist() == np.argsort(-raw_scores(numbers, USERS, ITEMS)).tolist()


def test_the_blogs_formula_which_leaves_out_an_items_inner_interactions_ranks_otherwise(numbers):
    made = vectors(numbers, 0.0)
    x = np.zeros((SPACE.items, SPACE.dimension))
    for item, known in enumerate(ITEMS):
        x[item, [SPACE.users + item, *known]] = [1.0, *known.values()]
    blog = np.column_stack([x @ numbers.v, x @ numbers.w])
    assert made.items[:, :-1] == pytest.approx(blog[:, :-1], abs=1e-6)
    products = made.of_users(slice(0, SPACE.users)) @ blog.T
    assert np.argsort(-products).tolist() != np.argsort(-raw_scores(numbers, USERS, ITEMS)).tolist()


def test_who_was_not_trained_on_is_only_what_is_known_of_them(numbers):
    made = vectors(numbers, 0.0, untrained=2)
    assert made.user_factors[2] == pytest.approx((numbers.v[15] + numbers.v[16]) / 2)
    assert np.array_equal(vectors(numbers, 0.0, untrained=4).user_factors[4], np.zeros(5))
    assert np.array_equal(np.delete(made.user_factors, 2, 0), np.delete(vectors(numbers, 0.0).user_factors, 2, 0))


def test_rows_are_float32_and_one_wider_than_the_factors(numbers):
    made = vectors(numbers, 0.5)
    assert made.items.shape == (9, 6)
    assert made.items.dtype == np.float32
    some = made.of_users(np.array([4, 1]))
    assert some.dtype == np.float32
    assert np.array_equal(some, made.of_users(slice(0, 6))[[4, 1]])
    assert (some[:, -1] == 1).all()


def test_the_popularity_term_is_of_training_interactions(numbers):
    with_term, without = vectors(numbers, 0.5), vectors(numbers, 0.0)
    gained = with_term.items[:, -1] - without.items[:, -1]
    assert gained == pytest.approx([0.5 * math.log(count + 1) for count in POPULARITY], abs=1e-6)
