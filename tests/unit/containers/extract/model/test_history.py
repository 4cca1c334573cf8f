"""The oracle is EASE's closed form, which the block equals at full rank, and the score computed in float64."""

from dataclasses import replace

import numpy as np
import pytest

from containers.extract.data.settings import DEFAULT
from containers.extract.model.history import History
from containers.extract.model.vectors import Terms
from containers.feature_space import SideFeatures
from tests.unit.containers.extract.model.test_singular_values import drawn

USERS, ITEMS = 200, 40
MATRIX, SETS = drawn(USERS, ITEMS)
POPULARITY = MATRIX.sum(axis=0).astype(np.int64)
EVERYBODY = np.arange(USERS)
NO_FEATURES = SideFeatures.none(ITEMS)


def products(rank: int, exponent: float, ridge: float) -> np.ndarray:
    """<H_u, H_i> for all users and items."""
    history = History(SETS, POPULARITY, rank, NO_FEATURES)
    rows = history.rows(exponent, ridge)
    return history.of_users(rows, EVERYBODY).astype(np.float64) @ rows.items.T.astype(np.float64)


def scaled(exponent: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return MATRIX * np.where(POPULARITY > 0, POPULARITY.astype(np.float64) ** -exponent, 0)


@pytest.mark.parametrize("exponent", [0.0, 0.25])
def test_at_full_rank_it_is_ease(exponent):
    matrix = scaled(exponent)
    gram = matrix.T @ matrix
    values = np.linalg.eigvalsh(gram)[::-1]
    # The mean of the first 64 squares of a block with as many columns as items.
    penalty = 0.5 * values[:64].mean()
    inverse = np.linalg.inv(gram + penalty * np.eye(ITEMS))
    weights = -inverse / np.diag(inverse)
    wanted, found = matrix @ weights, products(ITEMS, exponent, 0.5)
    unseen = MATRIX == 0
    np.testing.assert_allclose(found[unseen], wanted[unseen], atol=1e-5)


def test_at_a_lower_rank_it_is_the_shrunk_reconstruction_with_the_leverage_corrected():
    left, values, right = np.linalg.svd(MATRIX, full_matrices=False)
    left, values, right = left[:, :6], values[:6], right[:6]
    shrunk = values**2 / (values**2 + 0.3 * np.mean(values**2))
    leverage = (right**2 * shrunk[:, np.newaxis]).sum(axis=0)
    wanted = (left * values * shrunk) @ right / (1 - leverage)
    np.testing.assert_allclose(products(6, 0.0, 0.3), wanted, atol=1e-5)


def test_who_has_had_nothing_and_what_nobody_has_had_are_zero():
    found = products(10, 0.25, 0.3)
    assert not MATRIX[0].any()
    assert not found[0].any()
    assert not found[:, 3].any()
    assert np.array_equal(found.any(axis=1), MATRIX.any(axis=1))


def terms(history: History | None) -> Terms:
    draw = np.random.default_rng(5)
    factors = [draw.normal(size=(count, 4)).astype(np.float32) for count in (ITEMS, USERS)]
    return Terms(
        factors[0],
        factors[1],
        draw.normal(size=ITEMS),
        np.log1p(POPULARITY.astype(np.float64)),
        np.zeros(USERS),
        history,
    )


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_served_score_is_both_shares_of_equal_spread(share):
    history = History(SETS, POPULARITY, 12, NO_FEATURES)
    settings = replace(DEFAULT, history_weight=share)
    made, alone = terms(history).at(settings), terms(None).at(settings)
    assert made.items.shape == (ITEMS, 4 + 1 + 12)
    machine = alone.of_users(EVERYBODY).astype(np.float64) @ alone.items.T.astype(np.float64)
    block = products(12, settings.exponent, settings.ridge)
    known = MATRIX.any(axis=1)
    equal = machine[known].std(axis=1).mean() / block[known].std(axis=1).mean()
    count = MATRIX.sum(axis=1, keepdims=True)
    own = share * count**3 / (count**3 + 8)
    wanted = (1 - own) * machine + own * equal * block
    found = made.of_users(EVERYBODY).astype(np.float64) @ made.items.T.astype(np.float64)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)
    assert np.array_equal(made.of_users(slice(3, 9)), made.of_users(np.arange(3, 9)))
