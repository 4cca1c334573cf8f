"""Turns users and items into the rows that the factorization machine is trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.feature_space import FeatureSpace, SideFeatures


@dataclass(frozen=True)
class Rows:
    """A CSR matrix: indptr int64[n + 1], keys uint64[nnz] ascending in each row, values float32[nnz]."""

    indptr: NDArray[np.int64]
    keys: NDArray[np.uint64]
    values: NDArray[np.float32]


@dataclass(frozen=True)
class DesignMatrix:
    """The row of an example: user and item one-hot, followed by the side features of both.

    Without side features a row has exactly two entries.
    """

    space: FeatureSpace
    users: SideFeatures
    items: SideFeatures

    def rows(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> Rows:
        """The rows of the examples (users[n], items[n])."""
        of_users, of_items = self.users.counts()[users], self.items.counts()[items]
        indptr = np.zeros(len(users) + 1, dtype=np.int64)
        np.cumsum(2 + of_users + of_items, out=indptr[1:])
        keys, values = np.empty(indptr[-1], dtype=np.uint64), np.ones(indptr[-1], dtype=np.float32)
        first = indptr[:-1]
        keys[first] = users
        keys[first + 1] = np.asarray(items, dtype=np.uint64) + np.uint64(self.space.users)
        # The users' columns lie before the items' in the feature space, so the keys of a row ascend.
        for side, rows, counts, begin in (
            (self.users, users, of_users, first + 2),
            (self.items, items, of_items, first + 2 + of_users),
        ):
            within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            place, source = np.repeat(begin, counts) + within, np.repeat(side.starts[rows], counts) + within
            keys[place] = side.columns[source]
            values[place] = side.weights[source]
        return Rows(indptr, keys, values)
