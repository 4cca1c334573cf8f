"""Vectors of items without interactions, predicted from the items' features.

With F the features of the items that have vectors V, each item's scaled to length 1, B minimizes |V - F B|² + λ |B|²
(ridge regression: Hoerl and Kennard 1970), and an item without interactions gets its features times B. λ is a multiple
of the mean diagonal of FᵀF, the mean number of items of a feature.
"""

import numpy as np
from numpy.typing import NDArray

from containers.extract.model.sparse_products import Matrix
from containers.extract.model.weighted_sums import weighted_sums
from containers.feature_space import SideFeatures

# Between .03 and 1, the lists of items without interactions hardly differ (docs/decisions/0260-predicted-vectors.md).
_RIDGE = 0.3
# Columns of V that are solved at once: a catalogue's products with them take megabytes instead of gigabytes.
_COLUMNS = 32
# The solution is only a prediction: digits beyond these do not matter.
_TOLERANCE = 1e-3
_MOST_STEPS = 100


def with_predicted(vectors: Matrix, features: SideFeatures, known: NDArray[np.bool_]) -> Matrix:
    """``vectors`` (items, rank), with the predicted ones in the rows of the items that are not ``known`` (items,).

    A row without features stays 0.
    """
    unknown = np.flatnonzero(~known & (features.counts() > 0))
    if not len(unknown) or not known.any():
        return vectors
    scaled = _scaled(features)
    ours, theirs = _rows(scaled, known), _rows(scaled, ~known)
    back = _transposed(ours, int(scaled.columns.max()) + 1)
    ridge = _RIDGE * float((ours.weights.astype(np.float64) ** 2).sum()) / len(back)
    found = vectors.copy()
    for first in range(0, vectors.shape[1], _COLUMNS):
        block = slice(first, first + _COLUMNS)
        # Contiguous, as the vectors of the factorization machine are: other layouts would be compiled separately.
        weights = _solved(ours, back, ridge, weighted_sums(back, np.ascontiguousarray(vectors[:, block])))
        found[unknown, block] = weighted_sums(theirs, weights)[unknown]
    return found


def _solved(rows: SideFeatures, back: SideFeatures, ridge: float, right: Matrix) -> Matrix:
    """B of (FᵀF + ridge) B = ``right``, each column by conjugate gradients (Hestenes and Stiefel 1952).

    Preconditioned by the diagonal: otherwise, a few features that most items have take many steps.
    """
    inverse = 1 / (weighted_sums(back, np.ones((len(rows), 1)), power=2) + ridge)
    solution, rest = np.zeros_like(right), right.copy()
    step, before = inverse * rest, (inverse * rest**2).sum(axis=0)
    enough = _TOLERANCE**2 * (rest**2).sum(axis=0)
    for _ in range(_MOST_STEPS):
        unsolved = (rest**2).sum(axis=0) > enough
        if not unsolved.any():
            break
        image = weighted_sums(back, weighted_sums(rows, step)) + ridge * step
        # A column that is solved stays as it is: 0 / 0 otherwise.
        length = np.divide(before, (step * image).sum(axis=0), out=np.zeros_like(before), where=unsolved)
        solution += length * step
        rest -= length * image
        last, before = before, (inverse * rest**2).sum(axis=0)
        step = inverse * rest + np.divide(before, last, out=np.zeros_like(before), where=last > 0) * step
    return solution


def _scaled(features: SideFeatures) -> SideFeatures:
    """Each row scaled to length 1, and the columns numbered from 0 in the order of the feature space."""
    owners = np.repeat(np.arange(len(features)), features.counts())
    squares = np.bincount(owners, features.weights.astype(np.float64) ** 2, minlength=len(features))
    lengths = np.sqrt(np.where(squares > 0, squares, 1))
    columns = np.unique(features.columns, return_inverse=True)[1].astype(np.int64)
    return SideFeatures(features.starts, columns, (features.weights / lengths[owners]).astype(np.float32))


def _rows(features: SideFeatures, chosen: NDArray[np.bool_]) -> SideFeatures:
    """The same with the other rows empty."""
    counts = np.where(chosen, features.counts(), 0)
    kept = np.repeat(chosen, features.counts())
    return SideFeatures(np.concatenate([[0], np.cumsum(counts)]), features.columns[kept], features.weights[kept])


def _transposed(features: SideFeatures, width: int) -> SideFeatures:
    """A row for each of ``width`` columns."""
    owners = np.repeat(np.arange(len(features)), features.counts())
    order = np.argsort(features.columns, kind="stable")
    return SideFeatures.of_triples(width, features.columns[order], owners[order], features.weights[order])
