"""A set of items for each user, such as seen or held-out items."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]


@dataclass(frozen=True)
class ItemSets:
    """A set of item indices for each user, as in a CSR matrix: user n's are items[starts[n]:starts[n + 1]].

    ``starts`` is (users + 1,) and begins with 0.
    """

    starts: NDArray[np.int64]
    items: Labels

    @classmethod
    def empty(cls, users: int) -> "ItemSets":
        """No items for each of ``users`` users."""
        return cls(np.zeros(users + 1, dtype=np.int64), np.zeros(0, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, row: int) -> Labels:
        """One user's items."""
        return self.items[self.starts[row] : self.starts[row + 1]]

    def counts(self) -> NDArray[np.int64]:
        """How many items each user has: (users,)."""
        return np.diff(self.starts)

    def owners(self) -> NDArray[np.int64]:
        """The row of the user that each element of ``items`` belongs to."""
        return np.repeat(np.arange(len(self)), self.counts())

    def where(self, wanted: NDArray[np.bool_]) -> "ItemSets":
        """The same users with only those elements of ``items`` for which ``wanted`` is true."""
        kept = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(wanted, dtype=np.int64)])
        return ItemSets(kept[self.starts], self.items[wanted])

    def between(self, first: int, last: int) -> "ItemSets":
        """Users ``first`` (inclusive) to ``last`` (exclusive)."""
        starts = self.starts[first : last + 1]
        return ItemSets(starts - starts[0], self.items[starts[0] : starts[-1]])

    def chosen(self, rows: NDArray[np.int64]) -> "ItemSets":
        """The users at the positions ``rows``, in that order."""
        lengths = self.counts()[rows]
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        places = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return ItemSets(starts, self.items[places])

    def transposed(self, items: int) -> "ItemSets":
        """The users of each of ``items`` items, ascending, instead of the items of each user."""
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(self.items, minlength=items))])
        return ItemSets(starts, self.owners()[np.argsort(self.items, kind="stable")].astype(np.int32))
