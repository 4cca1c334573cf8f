"""The vectors whose inner product is the served score.

A factorization machine scores two one-hot fields, user u and item i, as

    y(u, i) = w_0 + w_u + w_i + <v_u, v_i>                       (Rendle 2010, equation 1)

because only x_u and x_i are one, and only one pair of features is there to interact. w_0 + w_u is the same for
all items of a user, so it changes no order and is left out. What is left is an inner product,

    y(u, i) - w_0 - w_u = <[v_u, 1], [v_i, w_i]>.

With implicit feedback the negatives were drawn in proportion to popularity^0.5, which teaches w_i to hold
popular items down by as much; p * log(popularity_i + 1), p = 0.5, puts that back. It depends on the item alone,
so it goes where w_i is:

    score(u, i) = <[v_u, 1], [v_i, w_i + p * log(popularity_i + 1)]>.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.parameters import FactorizationMachine, Floats
from containers.feature_space import FeatureSpace


@dataclass(frozen=True)
class Vectors:
    """``items`` (items, num_factors + 1) are k-NN's training rows; ``user_factors`` is (users, num_factors)."""

    items: Floats
    user_factors: Floats

    def of_users(self, users: slice | NDArray[np.int64]) -> Floats:
        """The rows of ``users``, a slice or indices: (users, num_factors + 1)."""
        factors = self.user_factors[users]
        return np.column_stack([factors, np.ones(len(factors), dtype=np.float32)])


def build_vectors(
    model: FactorizationMachine, space: FeatureSpace, popularity: NDArray[np.int64], popularity_weight: float
) -> Vectors:
    """The vectors of a model.

    Args:
        model: of ``space.dimension`` features.
        space: which features are users and which are items.
        popularity: (items,) training interactions of each item.
        popularity_weight: p above; 0 for explicit feedback, whose model has seen no sampled negatives.
    """
    last = model.linear[space.item_features] + popularity_weight * np.log1p(popularity.astype(np.float64))
    items = np.column_stack([model.factors[space.item_features], last.astype(np.float32)])
    return Vectors(items, model.factors[space.user_features])
