"""The columns of the factorization machine's input: one for each user, item and value of a side feature."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FeatureSpace:
    """User u is column u, item i is column users + i, followed by the side features: ``features`` columns.

    >>> FeatureSpace(users=3, items=2, features=4).dimension
    9
    """

    users: int
    items: int
    features: int = 0

    @property
    def dimension(self) -> int:
        """feature_dim of the training job."""
        return self.users + self.items + self.features

    @property
    def user_columns(self) -> slice:
        """The rows of a (dimension, factors) parameter for users, in index order."""
        return slice(0, self.users)

    @property
    def item_columns(self) -> slice:
        """The rows of a (dimension, factors) parameter for items, in index order."""
        return slice(self.users, self.users + self.items)

    @property
    def feature_columns(self) -> slice:
        """The rows of a (dimension, factors) parameter for the values of side features."""
        return slice(self.users + self.items, self.dimension)


@dataclass(frozen=True)
class SideFeatures:
    """The side features of all users, or of all items: a CSR matrix of their values.

    Row n has the weight ``weights[k]`` in column ``columns[k]`` (of the feature space, ascending in a row) for k from
    ``starts[n]`` to ``starts[n + 1] - 1``. starts int64[rows + 1], columns int64[nnz], weights float32[nnz].
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: NDArray[np.float32]

    @classmethod
    def none(cls, rows: int) -> "SideFeatures":
        """No side features for any of ``rows`` users or items."""
        return cls(np.zeros(rows + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))

    @classmethod
    def of_triples(
        cls, rows: int, index: NDArray[np.integer], columns: NDArray[np.integer], weights: NDArray[np.floating]
    ) -> "SideFeatures":
        """From triples sorted by index, then by column."""
        starts = np.zeros(rows + 1, dtype=np.int64)
        np.cumsum(np.bincount(index, minlength=rows), out=starts[1:])
        return cls(starts, np.asarray(columns, dtype=np.int64), np.asarray(weights, dtype=np.float32))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def counts(self) -> NDArray[np.int64]:
        """How many columns each row has: int64[rows]."""
        return np.diff(self.starts)

    def owners(self) -> NDArray[np.int64]:
        """The row of each entry: int64[nnz]."""
        return np.repeat(np.arange(len(self)), self.counts())
