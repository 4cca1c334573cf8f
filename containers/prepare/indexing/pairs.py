"""The pairs as arrays, grouped by user."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from dataclasses import dataclass
from itertools import pairwise

import duckdb
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class GroupedPairs:
    """The items of each user: those of user u are ``items[bounds[u]:bounds[u + 1]]``, with ``values`` in the same
    order.

    bounds int64[users + 1], items int32[pairs], values float32[pairs] (0 if the data has none).
    """

    bounds: NDArray[np.int64]
    items: NDArray[np.int32]
    values: NDArray[np.float32]

    @property
    def users(self) -> int:
        return len(self.bounds) - 1

    def __len__(self) -> int:
        return len(self.items)

    def of_users(self, first: int, last: int) -> slice:
        """The pairs of the users first to last - 1."""
        return slice(int(self.bounds[first]), int(self.bounds[last]))

    def user_column(self, first: int, last: int) -> NDArray[np.int32]:
        """The user of each pair of the users first to last - 1."""
        return np.repeat(np.arange(first, last, dtype=np.int32), np.diff(self.bounds[first : last + 1]))

    def blocks(self, most_pairs: int) -> list[tuple[int, int]]:
        """Ranges of users (first, beyond) with about ``most_pairs`` pairs each; a user is never split."""
        targets = np.arange(most_pairs, len(self) + most_pairs, most_pairs)
        edges = [0, *np.searchsorted(self.bounds, targets).clip(max=self.users).tolist()]
        return [(first, last) for first, last in pairwise(edges) if first < last]

    def sorted_items(self) -> NDArray[np.int32]:
        """A copy of ``items``, ascending within each user."""
        span = np.int64(self.items.max(initial=0)) + 1
        order = (
            self.user_column(0, self.users) * span + self.items
        )  # a single number as key for both sorts ten times as fast
        order.sort()
        return (order % span).astype(np.int32)


@dataclass(frozen=True)
class Divided:
    """All pairs, and the training and held-out ones."""

    everything: GroupedPairs
    training: GroupedPairs
    held_out: GroupedPairs


def mark(database: duckdb.DuckDBPyConnection, left_out: str) -> None:
    """Add ``held_out`` and ``chooses`` of ``halves``, and ``left_out``, to ``pairs``; sort them by user, time and item.

    Args:
        left_out: SQL, of features.list_rules.
    """
    database.execute(
        f"""
        CREATE TABLE marked_pairs AS
        SELECT user_index, item_index, coalesce(held_out, false) AS held_out, coalesce(chooses, false) AS chooses,
               value, time, pairs.first_time, {left_out} AS left_out
        FROM pairs JOIN items USING (item_index) LEFT JOIN halves USING (user_index, item_index)
        ORDER BY user_index, time, item_index
        """
    )
    database.execute("DROP TABLE pairs; DROP TABLE halves; ALTER TABLE marked_pairs RENAME TO pairs")


def divided(database: duckdb.DuckDBPyConnection, users: int) -> Divided:
    """The pairs by user and item: the order of rows and times does not affect training."""
    found = database.execute(
        "SELECT user_index, item_index, coalesce(value, 0)::FLOAT AS value, held_out FROM pairs "
        "ORDER BY user_index, item_index"
    ).fetchnumpy()
    held_out = np.asarray(found["held_out"])
    columns = [np.asarray(found[name]) for name in ("user_index", "item_index", "value")]
    return Divided(
        _grouped(users, *columns),
        training=_grouped(users, *(column[~held_out] for column in columns)),
        held_out=_grouped(users, *(column[held_out] for column in columns)),
    )


def _grouped(
    users: int, user_index: NDArray[np.int32], items: NDArray[np.int32], values: NDArray[np.float32]
) -> GroupedPairs:
    bounds = np.zeros(users + 1, dtype=np.int64)
    np.cumsum(np.bincount(user_index, minlength=users), out=bounds[1:])
    return GroupedPairs(bounds, items, values)
