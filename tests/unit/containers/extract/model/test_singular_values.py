"""The oracle is NumPy's own decomposition of the whole matrix."""

import numba
import numpy as np
import pytest

from containers.extract.data.item_sets import ItemSets
from containers.extract.model import singular_values
from containers.extract.model.singular_values import by_items, by_subspace, by_users, singular_vectors
from containers.extract.model.sparse_products import gram, gram_times, sums_of_rows


def drawn(users: int, items: int, seed: int = 3) -> tuple[np.ndarray, ItemSets]:
    """A 0/1 matrix with a decreasing spectrum, and the same as sets."""
    draw = np.random.default_rng(seed)
    kinds = draw.integers(6, size=users)[:, np.newaxis] == draw.integers(6, size=items)
    popular = 1 / np.sqrt(1 + np.arange(items))
    matrix = (draw.random((users, items)) < np.where(kinds, 0.9, 0.1) * popular).astype(np.float64)
    matrix[0] = 0
    matrix[:, 3] = 0
    rows, columns = np.nonzero(matrix)
    return matrix, ItemSets(np.searchsorted(rows, np.arange(users + 1)), columns.astype(np.int32))


METHODS = [by_items, by_users, by_subspace]


@pytest.mark.parametrize("method", METHODS)
def test_they_are_numpys_of_the_scaled_matrix(method):
    matrix, sets = drawn(300, 120)
    scale = np.random.default_rng(1).uniform(0.2, 2, size=120)
    found = method(sets, scale, 20)
    _, values, vectors = np.linalg.svd(matrix * scale)
    np.testing.assert_allclose(found.squares, values[:20] ** 2, rtol=1e-5)
    # For nearly equal values, single vectors are less certain than their span; the leading ones are distinct.
    np.testing.assert_allclose(np.abs(np.sum(found.vectors[:, :5] * vectors[:5].T, axis=0)), 1, atol=1e-6)
    np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(20), atol=1e-9)
    projected = matrix * scale @ found.vectors
    np.testing.assert_allclose(np.linalg.norm(projected, axis=0) ** 2, found.squares, rtol=1e-6)
    assert not found.vectors[3].any(), "an item that nobody has had has no place"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rank", [50, 500])
def test_beyond_the_matrix_own_rank_all_is_zero(method, rank):
    matrix, sets = drawn(30, 60)
    found = method(sets, np.ones(60), rank)
    own = np.linalg.matrix_rank(matrix)
    assert found.vectors.shape == (60, rank)
    assert (found.squares > 0).sum() == own
    assert not found.vectors[:, own:].any()


@pytest.mark.parametrize("method", METHODS)
def test_of_nothing_there_is_nothing(method):
    found = method(ItemSets.empty(4), np.zeros(9), 3)
    assert not found.vectors.any()
    assert not found.squares.any()


@pytest.mark.parametrize("method", METHODS)
def test_they_are_the_same_bit_by_bit_on_any_number_of_threads_of_ours(method):
    _, sets = drawn(300, 120)
    found = []
    for threads in (1, 2):
        if threads <= numba.config.NUMBA_NUM_THREADS:
            numba.set_num_threads(threads)
            found.append(method(sets, np.ones(120), 20).vectors)
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert all(np.array_equal(found[0], other) for other in found)


@pytest.mark.parametrize("columns", [1, 16, 37])
def test_products_are_those_of_the_dense_matrix(columns):
    matrix, sets = drawn(80, 50)
    right = np.random.default_rng(2).normal(size=(50, columns))
    np.testing.assert_allclose(gram_times(sets, right), matrix.T @ matrix @ right, atol=1e-9)
    np.testing.assert_allclose(sums_of_rows(sets, right), matrix @ right, atol=1e-12)
    assert np.array_equal(gram(sets, 50, np.ones(80)), matrix.T @ matrix)
    weights = np.arange(80.0)
    assert np.array_equal(gram(sets, 50, weights), matrix.T @ (weights[:, np.newaxis] * matrix))


@pytest.mark.parametrize(
    ("users", "items", "rank", "wanted"),
    [
        (900, 40, 512, by_items),
        (40, 900, 512, by_users),
        (300, 300, 2, by_subspace),
        (50_000, 50_000, 64, by_subspace),
    ],
)
def test_the_cheapest_method_is_taken(monkeypatch, users, items, rank, wanted):
    taken = []
    for method in METHODS:
        monkeypatch.setattr(singular_values, method.__name__, lambda *_, method=method: taken.append(method))
    singular_vectors(ItemSets.empty(users), np.ones(items), rank)
    assert taken == [wanted]
