"""The leading right singular vectors of the users' scaled 0/1 interactions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.item_sets import ItemSets
from containers.extract.sparse_products import Matrix, gram, gram_times

# Up to so many items the matrix of items by items (8 bytes each) is decomposed whole, which is exact.
MOST_EXACT_ITEMS = 2_000
# Halko, Martinsson and Tropp 2011: some more columns than are wanted, and powers, make the wanted ones accurate.
_OVERSAMPLING = 32
_POWERS = 6
# The same interactions have the same vectors in every run.
_SEED = 2011


@dataclass(frozen=True)
class SingularVectors:
    """``vectors`` (items, rank), of orthonormal columns; ``squares`` (rank,), of the singular values, falling."""

    vectors: Matrix
    squares: NDArray[np.float64]


def singular_vectors(
    sets: ItemSets, scale: NDArray[np.float64], rank: int, *, most_exact: int = MOST_EXACT_ITEMS
) -> SingularVectors:
    """The ``rank`` leading right singular vectors of Y = X diag(``scale``), X the 0/1 matrix of ``sets``.

    With few items by the eigenvectors of YᵀY; with many by randomized subspace iteration with a Rayleigh-Ritz step
    (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.3), a pass over the sets for each power. Memory is the sets,
    and four matrices of items by (rank + 32) numbers of 8 bytes; nothing is as long as there are users.

    Where there are fewer than ``rank``, the rest of the columns, and of the squares, are 0.

    Args:
        scale: (items,) what each item's column is multiplied by.
        most_exact: with more items than that it is the randomized method.
    """
    items = len(scale)
    wanted = min(rank, items)
    if items <= max(most_exact, wanted + _OVERSAMPLING):
        values, vectors = np.linalg.eigh(gram(sets, items) * scale * scale[:, np.newaxis])
        values, vectors = values[::-1][:wanted], vectors[:, ::-1][:, :wanted]
    else:
        values, vectors = _randomized(sets, scale, wanted)
    # What nobody has had is 0 but for rounding.
    had = (np.bincount(sets.items, minlength=items) * scale > 0)[:, np.newaxis]
    return _fixed(values, vectors * had, rank)


def _randomized(
    sets: ItemSets, scale: NDArray[np.float64], rank: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    column = scale[:, np.newaxis]
    draw = np.random.default_rng(_SEED)
    basis = draw.standard_normal((len(scale), rank + _OVERSAMPLING)) * (column > 0)
    for _ in range(_POWERS):
        basis, _ = np.linalg.qr(column * gram_times(sets, column * basis))
    small = basis.T @ (column * gram_times(sets, column * basis))
    values, rotation = np.linalg.eigh((small + small.T) / 2)
    return values[::-1][:rank], basis @ rotation[:, ::-1][:, :rank]


def _fixed(values: NDArray[np.float64], vectors: Matrix, rank: int) -> SingularVectors:
    """One of the two vectors v and -v, none of what is 0 but for rounding, and columns up to ``rank``."""
    real = values > values.max(initial=0) * 1e-10
    values, vectors = values[real], vectors[:, real]
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    missing = rank - len(values)
    return SingularVectors(np.pad(vectors * np.sign(largest), ((0, 0), (0, missing))), np.pad(values, (0, missing)))
