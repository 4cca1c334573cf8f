"""The second block of the published score: other items of users with the same items.

Of the users' 0/1 training interactions X, with Y = X D, D = diag(popularity^-a), take the truncated singular value
decomposition Y ≈ U S Vᵀ with the run's ``history_rank`` (PureSVD: Cremonesi, Koren and Turrin 2010). The score of item
i for a user with items x is

    h(u, i) = <x D V diag(s² / (s² + λ)), V_i / (1 - l_i)>,   l_i = Σ_k V_ik² s_k² / (s_k² + λ),

λ = q times the mean of the 64 largest s². It is EASE (Steck 2019) with limited rank: with P = (YᵀY + λ)⁻¹, EASE scores
an item that the user has not had by -Σ_j x_j P_ji / P_ii. At full rank V diag(s² / (s² + λ)) Vᵀ = 1 - λP, whose
off-diagonal entries are -λP_ji, and whose diagonal is the leverage l_i, so that 1 - l_i = λP_ii, and h equals that
score.

It remains an inner product of a user's part and an item's. The part of a user without training interactions is 0. The
V_i of an item without any is predicted from its features, and 0 if it has none.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets
from containers.extract.model.parameters import Floats
from containers.extract.model.predicted_vectors import with_predicted
from containers.extract.model.score_spread import spread_of_scores
from containers.extract.model.singular_values import singular_vectors
from containers.extract.model.sparse_products import Matrix, sums_of_rows
from containers.extract.model.spreading import spread
from containers.feature_space import SideFeatures

# The ridge is a multiple of the mean of this many squares: the mean of all would depend on the rank.
_LEADING = 64
# Enough users for a mean whose error does not matter for a weight.
_SAMPLED_USERS = 1_000
# An item with leverage 1 is independent of all others: the division would be by 0.
_LEAST_REST = 0.01
# A user with this many interactions gets half of the block's share (docs/decisions/0261-share-by-length-of-history.md).
HALF_TRUSTED = 2


@dataclass(frozen=True)
class HistoryRows:
    """The block for one setting: ``items`` (items, rank), and ``shrunk`` (rank,), by which users' sums are
    multiplied.

    ``spread`` is the spread of its scores (containers/extract/model/score_spread.py).
    """

    exponent: float
    items: Floats
    shrunk: Floats
    spread: float


@dataclass(frozen=True)
class _Basis:
    """V and s² for one exponent; ``scaled`` is D V, and ``sampled`` is x D V of some users."""

    vectors: Matrix
    squares: NDArray[np.float64]
    scaled: Floats
    sampled: Floats


class History:
    """The users' training interactions, and their decomposition."""

    def __init__(self, sets: ItemSets, popularity: NDArray[np.int64], rank: int, features: SideFeatures) -> None:
        """``sets``: every user's training items; ``popularity``: (items,) how many users have each; ``features``: the
        items'.
        """
        self.sets, self.rank = sets, rank
        self._popularity, self._features = popularity, features
        self._bases: dict[float, _Basis] = {}
        # Only the latest is kept: for a large catalogue it takes hundreds of megabytes.
        self._latest: tuple[tuple[float, float], HistoryRows] | None = None

    def trust(self, users: slice | NDArray[np.int64]) -> Floats:
        """The part of the block's share that the users get: n³ / (n³ + 2³) for n training interactions, (users,)."""
        cubes = self.sets.counts()[users].astype(np.float32) ** 3
        return np.asarray(cubes / (cubes + np.float32(HALF_TRUSTED**3)))

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """Some users with a training interaction, evenly spread, ascending."""
        users = np.flatnonzero(self.sets.counts() > 0)
        return users[spread(len(users), _SAMPLED_USERS)]

    def rows(self, exponent: float, ridge: float) -> HistoryRows:
        """The block with a = ``exponent`` and q = ``ridge``."""
        if self._latest is None or self._latest[0] != (exponent, ridge):
            self._latest = (exponent, ridge), self._made(exponent, ridge)
        return self._latest[1]

    def _made(self, exponent: float, ridge: float) -> HistoryRows:
        basis = self._basis(exponent)
        # In an empty catalogue everything is 0; avoid dividing by 0.
        penalty = max(ridge * float(basis.squares[:_LEADING].mean()), np.finfo(np.float64).tiny)
        shrunk = basis.squares / (basis.squares + penalty)
        items = (basis.vectors / _rest(basis, shrunk)[:, np.newaxis]).astype(np.float32)
        factor = shrunk.astype(np.float32)
        return HistoryRows(exponent, items, factor, spread_of_scores(basis.sampled * factor, items))

    def of_users(self, rows: HistoryRows, users: NDArray[np.int64]) -> Floats:
        """The users' parts: (users, rank)."""
        return self.sums(rows.exponent, users) * rows.shrunk

    def sums(self, exponent: float, users: NDArray[np.int64]) -> Floats:
        """x D V of the users, which does not depend on the ridge: (users, rank)."""
        return _sums(self.sets, self._basis(exponent).scaled, users)

    def shares_of_items(self, rows: HistoryRows) -> Floats:
        """(items,) such that Σ_j share_j <row_j shrunk, row_i> over a user's items j is h(u, i): D_jj (1 - l_j)."""
        return (self._scale(rows.exponent) * _rest(self._basis(rows.exponent), rows.shrunk)).astype(np.float32)

    def _scale(self, exponent: float) -> NDArray[np.float64]:
        """The diagonal of D."""
        return np.where(self._popularity > 0, np.maximum(self._popularity, 1.0) ** -exponent, 0.0)

    def _basis(self, exponent: float) -> _Basis:
        if exponent not in self._bases:
            scale = self._scale(exponent)
            found = singular_vectors(self.sets, scale, self.rank)
            scaled = (scale[:, np.newaxis] * found.vectors).astype(np.float32)
            vectors = with_predicted(found.vectors, self._features, self._popularity > 0)
            self._bases[exponent] = _Basis(vectors, found.squares, scaled, _sums(self.sets, scaled, self.sample))
        return self._bases[exponent]


def _rest(basis: _Basis, shrunk: NDArray[np.floating]) -> NDArray[np.float64]:
    """1 - l: (items,)."""
    return np.asarray(np.maximum(1 - basis.vectors**2 @ shrunk, _LEAST_REST))


def _sums(sets: ItemSets, scaled: Floats, users: NDArray[np.int64]) -> Floats:
    return sums_of_rows(sets.chosen(users), scaled).astype(np.float32)
