"""Which column of the factorization machine's one-hot input stands for which user or item."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FeatureSpace:
    """User u is feature u, item i is feature users + i, so an example has exactly two ascending keys.

    >>> FeatureSpace(users=3, items=2).keys(np.array([0, 2]), np.array([1, 0])).tolist()
    [0, 4, 2, 3]
    """

    users: int
    items: int

    @property
    def dimension(self) -> int:
        """feature_dim of the training job."""
        return self.users + self.items

    @property
    def user_features(self) -> slice:
        """The rows of a (dimension, factors) parameter that belong to users, in index order."""
        return slice(0, self.users)

    @property
    def item_features(self) -> slice:
        """The rows of a (dimension, factors) parameter that belong to items, in index order."""
        return slice(self.users, self.dimension)

    def keys(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.uint64]:
        """The keys of the examples (users[n], items[n]): uint64[2n], two for each, user first."""
        keys = np.empty(2 * len(users), dtype=np.uint64)
        keys[0::2] = users
        keys[1::2] = items
        keys[1::2] += np.uint64(self.users)
        return keys
