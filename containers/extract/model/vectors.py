"""The vectors whose inner product is the published score.

A factorization machine scores an input x (Rendle 2010, equation 1, and lemma 3.1 for the pairs) as

    y(x) = w_0 + sum_j w_j x_j + 1/2 (|sum_j x_j v_j|^2 - sum_j x_j^2 |v_j|^2).

The input of user u and item i is the sum of a user's part (one-hot u, and the user's side features) and an item's
(likewise). With V_u = sum_j x_j v_j and W_u = sum_j w_j x_j over the user's part, V_i and W_i over the item's, and the
interactions *inside* a part

    S = 1/2 (|V|^2 - sum_j x_j^2 |v_j|^2),

the square of V_u + V_i splits into the two parts and the term between them:

    y(u, i) = w_0 + [W_u + S_u] + [W_i + S_i] + <V_u, V_i>.

w_0 + W_u + S_u is the same for all items of a user, so it does not change the order and is left out. S_i differs
between items and stays (it is 0 only for an item with a single one-hot feature):

    y(u, i) - w_0 - W_u - S_u = <[V_u, 1], [V_i, W_i + S_i]>.

With implicit feedback the negatives were sampled in proportion to popularity^0.5, which teaches W_i to lower popular
items by as much; p * log(popularity_i + 1) restores some of that. Recent popularity counts more (docs/decisions/0018),
so an old interaction counts for less than one. The term depends on the item alone, so it is added to W_i. With h(u, i)
= <H_u, H_i> of containers/extract/model/history.py and its share g_u,

    score(u, i) = (1 - g_u) <[V_u, 1], [V_i, W_i + S_i + p * log(popularity_i + 1)]> + g_u c <H_u, H_i>
                = <[(1 - g_u) V_u, 1 - g_u, g_u H_u], [V_i, W_i + S_i + p * log(popularity_i + 1), c H_i]>,

where c gives both blocks' scores the same spread over the items (standard deviation, mean over users). The share grows
with the number n_u of the user's training interactions, from 0 without any up to the setting g: a short history says
little (docs/decisions/0261-share-by-length-of-history.md).

    g_u = g n_u³ / (n_u³ + 2³)

Users and items that training has not seen have one-hot parameters that are still random initial values; they count as
0, so that such a user or item is represented by its side features only.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.settings import Settings
from containers.extract.model.history import History, HistoryRows
from containers.extract.model.parameters import FactorizationMachine, Floats
from containers.extract.model.score_spread import spread_of_scores
from containers.extract.model.weighted_sums import weighted_sums
from containers.feature_space import SideFeatures


@dataclass(frozen=True)
class HistoryPart:
    """What users' rows need for the history block: ``share`` is the setting g above, ``scale`` is c."""

    history: History
    rows: HistoryRows
    share: float
    scale: np.float32


@dataclass(frozen=True)
class Vectors:
    """``items`` (items, columns) are k-NN's training rows: num_factors + 1 columns, followed by the history
    block's.

    ``user_factors`` is (users, num_factors).
    """

    items: Floats
    user_factors: Floats
    part: HistoryPart | None = None

    def of_users(self, users: slice | NDArray[np.int64]) -> Floats:
        """The rows of ``users``, a slice or indices: (users, columns)."""
        factors = self.user_factors[users]
        rows = np.column_stack([factors, np.ones(len(factors), dtype=np.float32)])
        if self.part is None:
            return rows
        chosen = np.arange(len(self.user_factors))[users]
        shares = np.float32(self.part.share) * self.part.history.trust(chosen)[:, np.newaxis]
        return np.column_stack([(1 - shares) * rows, shares * self.part.history.of_users(self.part.rows, chosen)])


@dataclass(frozen=True)
class Side:
    """The users, or the items: their columns, the side features of each, and whether training has seen it."""

    columns: slice
    features: SideFeatures
    trained: NDArray[np.bool_]


@dataclass(frozen=True)
class Terms:
    """The components of the published score, from which the vectors for any settings are computed.

    V is float32 and (items, num_factors), (users, num_factors); ``item_terms`` is W + S of the items and
    ``log_popularity`` log(popularity + 1), both (items,) and float64. ``user_terms`` (users,), w_0 + W + S of the
    users, is not in the published score. Without ``history`` there is no such block.
    """

    item_factors: Floats
    user_factors: Floats
    item_terms: NDArray[np.float64]
    log_popularity: NDArray[np.float64]
    user_terms: NDArray[np.float64]
    history: History | None = None

    def at(self, settings: Settings) -> Vectors:
        """The vectors for these settings.

        For explicit feedback, whose model has seen no sampled negatives, popularity must be 0.
        """
        items = self._machine(settings.popularity)
        if self.history is None:
            return Vectors(items, self.user_factors)
        rows = self.history.rows(settings.exponent, settings.ridge)
        scale = self.equalizer(settings.popularity, rows)
        part = HistoryPart(self.history, rows, settings.history_weight, scale)
        return Vectors(np.column_stack([items, scale * rows.items]), self.user_factors, part)

    def last_column(self, popularity: float) -> Floats:
        """The part of an item's score that is the same for all users, with this weight of popularity: (items,)."""
        with np.errstate(over="ignore"):
            return (self.item_terms + popularity * self.log_popularity).astype(np.float32)

    def equalizer(self, popularity: float, rows: HistoryRows) -> np.float32:
        """c above."""
        assert self.history is not None, "the rows are of a history"
        if popularity not in self._spreads:
            items = self._machine(popularity)
            own = Vectors(items, self.user_factors).of_users(self.history.sample)
            self._spreads[popularity] = spread_of_scores(own, items)
        spread = self._spreads[popularity]
        return np.float32(spread / rows.spread if spread and rows.spread else 1)

    @cached_property
    def _spreads(self) -> dict[float, float]:
        """The spread of the factorization machine's scores, cached by weight of popularity."""
        return {}

    def _machine(self, popularity: float) -> Floats:
        """The items' part of the factorization machine."""
        return np.column_stack([self.item_factors, self.last_column(popularity)])


def vector_terms(model: FactorizationMachine, users: Side, items: Side, popularity: NDArray[np.float64]) -> Terms:
    """The components of a model's vectors, without the history block.

    Args:
        users, items: both sides of the model's feature space.
        popularity: (items,) training interactions of each item, weighted by recency.
    """
    user_factors, user_terms = _side_sums(model, users)
    item_factors, item_terms = _side_sums(model, items)
    with np.errstate(over="ignore"):  # values too large for float32 become infinite and are rejected (trained_model)
        return Terms(
            item_factors.astype(np.float32),
            user_factors.astype(np.float32),
            item_terms,
            np.log1p(popularity),
            model.bias + user_terms,
        )


def _side_sums(model: FactorizationMachine, side: Side) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """V (rows, num_factors) and W + S (rows,) of one side, in float64: S is a difference of nearly equal numbers."""
    trained = side.trained[:, np.newaxis]
    factors = np.where(trained, model.factors[side.columns], 0).astype(np.float64)
    last = np.where(side.trained, model.linear[side.columns], 0).astype(np.float64)
    if not len(side.features.columns):
        return factors, last
    squares = np.einsum("nf,nf->n", factors, factors)
    squared_factors = np.einsum("jf,jf->j", model.factors, model.factors, dtype=np.float64)[:, np.newaxis]
    squares += weighted_sums(side.features, squared_factors, power=2)[:, 0]
    factors += weighted_sums(side.features, model.factors)
    last += weighted_sums(side.features, model.linear[:, np.newaxis])[:, 0]
    return factors, last + (np.einsum("nf,nf->n", factors, factors) - squares) / 2
