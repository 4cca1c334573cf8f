"""The second block of the served score: what users with the same items have had besides.

Of the users' 0/1 training interactions X, with Y = X D, D = diag(popularity^-a), take the truncated singular value
decomposition Y ≈ U S Vᵀ of the run's ``history_rank`` (PureSVD: Cremonesi, Koren and Turrin 2010). The score of item i
for a user whose items are x is

    h(u, i) = <x D V diag(s² / (s² + λ)), V_i / (1 - l_i)>,   l_i = Σ_k V_ik² s_k² / (s_k² + λ),

λ = q times the mean of the 64 largest s². It is EASE (Steck 2019) of limited rank: with P = (YᵀY + λ)⁻¹ EASE scores an
item that the user has not had by -Σ_j x_j P_ji / P_ii. At full rank V diag(s² / (s² + λ)) Vᵀ = 1 - λP, whose entries
off the diagonal are -λP_ji, and whose diagonal is the leverage l_i, so that 1 - l_i = λP_ii, and h is that very score.

It stays one inner product: a user's part, and an item's. A user without training interactions has the part 0, and so
has an item without any.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from containers.extract.item_sets import ItemSets
from containers.extract.parameters import Floats
from containers.extract.score_spread import spread_of_scores
from containers.extract.singular_values import SingularVectors, singular_vectors
from containers.extract.sparse_products import sums_of_rows
from containers.extract.spreading import spread

# The mean of so many squares is what the ridge is a multiple of: that of all would depend on the rank.
_LEADING = 64
# Enough users for a mean whose error does not matter to a weight.
_SAMPLED_USERS = 1_000
# An item whose leverage is 1 is a direction of its own: nothing of other items would be left to divide by.
_LEAST_REST = 0.01


@dataclass(frozen=True)
class HistoryRows:
    """The block at one setting: ``items`` and ``weights``, both (items, rank). A user's row is a sum of weights.

    ``spread`` is that of the scores (containers/extract/score_spread.py).
    """

    items: Floats
    weights: Floats
    spread: float


class History:
    """The users' training interactions, and what is decomposed of them."""

    def __init__(self, sets: ItemSets, popularity: NDArray[np.int64], rank: int) -> None:
        """``sets``: every user's training items; ``popularity``: (items,) how many users have each."""
        self.sets, self.rank = sets, rank
        self._popularity = popularity
        self._decomposed: dict[float, SingularVectors] = {}
        # The latest alone: of a large catalogue they take hundreds of megabytes.
        self._latest: tuple[tuple[float, float], HistoryRows] | None = None

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Whether each user has a training interaction: bool(users,)."""
        return np.asarray(self.sets.counts() > 0)

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """Some users with a training interaction, evenly spread, ascending."""
        users = np.flatnonzero(self.known)
        return users[spread(len(users), _SAMPLED_USERS)]

    def rows(self, exponent: float, ridge: float) -> HistoryRows:
        """The block with a = ``exponent`` and q = ``ridge``."""
        if self._latest is None or self._latest[0] != (exponent, ridge):
            self._latest = (exponent, ridge), self._made(exponent, ridge)
        return self._latest[1]

    def _made(self, exponent: float, ridge: float) -> HistoryRows:
        scale = self._scale(exponent)
        found = self._singular_vectors(exponent)
        # Of a catalogue with nothing in it all is 0, and divided by nothing.
        penalty = max(ridge * float(found.squares[:_LEADING].mean()), np.finfo(np.float64).tiny)
        shrunk = found.squares / (found.squares + penalty)
        rest = np.maximum(1 - found.vectors**2 @ shrunk, _LEAST_REST)
        items = (found.vectors / rest[:, np.newaxis]).astype(np.float32)
        weights = (scale[:, np.newaxis] * found.vectors * shrunk).astype(np.float32)
        return HistoryRows(items, weights, spread_of_scores(self._sums(weights, self.sample), items))

    def of_users(self, rows: HistoryRows, users: NDArray[np.int64]) -> Floats:
        """The users' parts: (users, rank)."""
        return self._sums(rows.weights, users)

    def _sums(self, weights: Floats, users: NDArray[np.int64]) -> Floats:
        return sums_of_rows(self.sets.chosen(users), weights).astype(np.float32)

    def _scale(self, exponent: float) -> NDArray[np.float64]:
        return np.where(self._popularity > 0, np.maximum(self._popularity, 1.0) ** -exponent, 0.0)

    def _singular_vectors(self, exponent: float) -> SingularVectors:
        if exponent not in self._decomposed:
            self._decomposed[exponent] = singular_vectors(self.sets, self._scale(exponent), self.rank)
        return self._decomposed[exponent]
