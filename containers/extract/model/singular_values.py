"""The leading right singular vectors of the users' scaled 0/1 interactions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets
from containers.extract.model.sparse_products import Matrix, gram, gram_times, sums_of_rows

# The larger side of an eigenproblem that fits any instance: its matrices take 8 bytes for each cell, three of them 600
# MB.
_MOST_EXACT = 5_000
# The cost of subspace iteration for each item and squared column of its basis, divided by the cost of a whole
# eigenproblem for each cubed row (NumPy's qr and eigh, measured on two cores).
_SUBSPACE_OVER_EXACT = 16
# Halko, Martinsson and Tropp 2011: some more columns than needed, and powers, make the needed ones accurate.
_OVERSAMPLING = 32
_POWERS = 6
# A fixed seed: the same interactions have the same vectors in every run.
_SEED = 2011


@dataclass(frozen=True)
class SingularVectors:
    """``vectors`` (items, rank), orthonormal columns; ``squares`` (rank,), the squared singular values, descending."""

    vectors: Matrix
    squares: NDArray[np.float64]


def singular_vectors(sets: ItemSets, scale: NDArray[np.float64], rank: int) -> SingularVectors:
    """The ``rank`` leading right singular vectors of Y = X diag(``scale``), where X is the 0/1 matrix of ``sets``.

    Uses the cheapest method; the first two are exact. If there are fewer than ``rank``, the remaining columns and
    squares are 0.

    Args:
        scale: (items,) the factor of each item's column.
    """
    items = len(scale)
    side = min(items, len(sets))
    columns = min(rank, items) + _OVERSAMPLING
    if side > _MOST_EXACT or side**3 > _SUBSPACE_OVER_EXACT * items * columns**2:
        return by_subspace(sets, scale, rank)
    return by_items(sets, scale, rank) if side == items else by_users(sets, scale, rank)


def by_items(sets: ItemSets, scale: NDArray[np.float64], rank: int) -> SingularVectors:
    """By all eigenvectors of YᵀY: for few items."""
    items = len(scale)
    values, vectors = np.linalg.eigh(gram(sets, items, np.ones(len(sets))) * scale * scale[:, np.newaxis])
    return _fixed(sets, scale, *_real(values, vectors, rank), rank=rank)


def by_users(sets: ItemSets, scale: NDArray[np.float64], rank: int) -> SingularVectors:
    """By all eigenvectors U of YYᵀ: for few users. V = YᵀU / s."""
    owners = sets.transposed(len(scale))
    values, left = np.linalg.eigh(gram(owners, len(sets), scale**2))
    values, left = _real(values, left, rank)
    vectors = scale[:, np.newaxis] * sums_of_rows(owners, left / np.sqrt(values))
    return _fixed(sets, scale, values, vectors, rank=rank)


def by_subspace(sets: ItemSets, scale: NDArray[np.float64], rank: int) -> SingularVectors:
    """By randomized subspace iteration with a Rayleigh-Ritz step (Halko, Martinsson and Tropp 2011, 4.4 and 5.3).

    One pass over the sets for each power. Memory: the sets, and four matrices of items by (rank + 32) numbers of 8
    bytes; no array has the length of the number of users.
    """
    column = scale[:, np.newaxis]
    draw = np.random.default_rng(_SEED)
    basis = draw.standard_normal((len(scale), min(rank, len(scale)) + _OVERSAMPLING)) * (column > 0)
    for _ in range(_POWERS):
        basis, _ = np.linalg.qr(column * gram_times(sets, column * basis))
    small = basis.T @ (column * gram_times(sets, column * basis))
    values, rotation = np.linalg.eigh((small + small.T) / 2)
    return _fixed(sets, scale, *_real(values, basis @ rotation, rank), rank=rank)


def _real(values: NDArray[np.float64], vectors: Matrix, rank: int) -> tuple[NDArray[np.float64], Matrix]:
    """The largest first, at most ``rank``, without those that are 0 up to rounding."""
    values, vectors = values[::-1][:rank], vectors[:, ::-1][:, :rank]
    real = values > values.max(initial=0) * 1e-10
    return values[real], vectors[:, real]


def _fixed(
    sets: ItemSets, scale: NDArray[np.float64], values: NDArray[np.float64], vectors: Matrix, *, rank: int
) -> SingularVectors:
    """Chooses one of the vectors v and -v, sets exact zeros for items that no user has had, and adds columns up to
    ``rank``.
    """
    had = np.bincount(sets.items, minlength=len(scale)) * scale > 0
    vectors = vectors * had[:, np.newaxis]
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    missing = rank - len(values)
    return SingularVectors(np.pad(vectors * np.sign(largest), ((0, 0), (0, missing))), np.pad(values, (0, missing)))
