"""The oracle is ridge regression's closed form, solved by numpy in float64 from a dense matrix of features."""

import numpy as np
import pytest

from containers.extract.model.history import History
from containers.extract.model.predicted_vectors import with_predicted
from containers.feature_space import SideFeatures
from tests.unit.containers.extract.model.test_singular_values import drawn

ITEMS, COLUMNS, RANK = 60, 9, 40
# Columns of the feature space: those of users and items come before the features'.
OFFSET = 1_000


def features_of(dense: np.ndarray) -> SideFeatures:
    rows, columns = np.nonzero(dense)
    return SideFeatures.of_triples(len(dense), rows, columns + OFFSET, dense[rows, columns])


def some_features(seed: int = 3) -> np.ndarray:
    draw = np.random.default_rng(seed)
    dense = np.where(draw.random((ITEMS, COLUMNS)) < 0.3, draw.uniform(0.2, 2, (ITEMS, COLUMNS)), 0)
    dense[7] = 0
    return dense.astype(np.float32)


def closed_form(vectors: np.ndarray, dense: np.ndarray, known: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    scaled = np.divide(dense, lengths, out=np.zeros_like(dense, dtype=np.float64), where=lengths > 0)
    ours = scaled[known]
    gram = ours.T @ ours
    weights = np.linalg.solve(gram + 0.3 * np.trace(gram) / COLUMNS * np.eye(COLUMNS), ours.T @ vectors[known])
    return scaled @ weights


@pytest.mark.parametrize("unknown", [[3, 7, 59], [0]])
def test_an_item_that_nobody_has_had_gets_what_its_features_predict(unknown: list[int]) -> None:
    vectors, dense = np.random.default_rng(1).normal(size=(ITEMS, RANK)), some_features()
    known = np.ones(ITEMS, dtype=np.bool_)
    known[unknown] = False
    vectors[unknown] = 0
    found = with_predicted(vectors, features_of(dense), known)
    wanted = closed_form(vectors, dense, known)
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(found[unknown], wanted[unknown], atol=0.005 * scale)
    assert np.array_equal(found[known], vectors[known])
    assert not found[7].any() or known[7], "an item without features has nothing to predict from"


def test_a_feature_that_only_new_items_have_predicts_nothing() -> None:
    dense = some_features()
    known = np.arange(ITEMS) != 5
    dense[:, 8] = 0
    dense[5] = 0
    dense[5, 8] = 1
    found = with_predicted(np.ones((ITEMS, RANK)) * known[:, np.newaxis], features_of(dense), known)
    assert not found[5].any()


@pytest.mark.parametrize("known", [True, False])
def test_where_there_is_nothing_to_predict_or_nothing_to_learn_from_nothing_changes(known: bool) -> None:
    vectors = np.ones((ITEMS, RANK))
    assert with_predicted(vectors, features_of(some_features()), np.full(ITEMS, known)) is vectors
    assert with_predicted(vectors, SideFeatures.none(ITEMS), np.arange(ITEMS) > 3) is vectors


def test_users_prefer_the_new_item_that_is_like_theirs() -> None:
    """Item 3 of the drawn sets has no interactions; here it has the same features as the items of one kind."""
    matrix, sets = drawn(200, 40)
    popularity = matrix.sum(axis=0).astype(np.int64)
    kinds = (np.arange(40) % 4 == 3).astype(np.float32)
    dense = np.stack([kinds, 1 - kinds], axis=1)
    assert not popularity[3]
    history = History(sets, popularity, 12, features_of(dense))
    rows = history.rows(0.0, 0.3)
    scores = history.of_users(rows, np.arange(200)) @ rows.items.T
    assert scores[0, 3] == 0, "a user without interactions has no part in the block"
    same = matrix[:, kinds == 1].sum(axis=1) / np.maximum(matrix.sum(axis=1), 1)
    assert np.corrcoef(same[matrix.any(axis=1)], scores[matrix.any(axis=1), 3])[0, 1] > 0.3
