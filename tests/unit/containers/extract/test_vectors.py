"""The oracle is FM's own formula, pair by pair in float64."""

import math

import numpy as np
import pytest

from containers.extract.parameters import FactorizationMachine
from containers.extract.vectors import build_vectors
from containers.feature_space import FeatureSpace
from tests.unit.containers.extract.artifacts import Numbers

SPACE = FeatureSpace(users=6, items=9)
POPULARITY = np.array([0, 1, 5, 100, 3, 0, 7, 2, 40_000])


@pytest.fixture
def numbers() -> Numbers:
    return Numbers.random(SPACE.dimension, 5)


def vectors(numbers: Numbers, weight: float):
    model = FactorizationMachine(numbers.v.astype(np.float32), numbers.w.astype(np.float32), numbers.w0)
    return build_vectors(model, SPACE, POPULARITY, weight)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_inner_products_are_the_raw_score_less_the_users_constant_plus_popularity(numbers, weight):
    made = vectors(numbers, weight)
    products = made.of_users(slice(0, SPACE.users)).astype(np.float64) @ made.items.T.astype(np.float64)
    for user in range(SPACE.users):
        for item in range(SPACE.items):
            raw = numbers.score([user, SPACE.users + item])
            wanted = raw - numbers.w0 - numbers.w[user] + weight * math.log(POPULARITY[item] + 1)
            assert products[user, item] == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def test_without_popularity_a_users_order_is_the_models_own(numbers):
    made = vectors(numbers, 0.0)
    products = made.of_users(slice(0, SPACE.users)) @ made.items.T
    for user in range(SPACE.users):
        raw = [numbers.score([user, SPACE.users + item]) for item in range(SPACE.items)]
        assert np.argsort(-products[user]).tolist() == np.argsort(-np.array(raw)).tolist()


def test_rows_are_float32_and_one_wider_than_the_factors(numbers):
    made = vectors(numbers, 0.5)
    assert made.items.shape == (9, 6)
    assert made.items.dtype == np.float32
    some = made.of_users(np.array([4, 1]))
    assert some.dtype == np.float32
    assert np.array_equal(some, made.of_users(slice(0, 6))[[4, 1]])
    assert (some[:, -1] == 1).all()
