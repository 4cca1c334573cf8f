"""A sample of what a model was trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex


@dataclass(frozen=True)
class TrainingPairs:
    """Pairs in no particular order: ``users`` and ``items`` int32, ``values`` float64 (0 if the data has none)."""

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, index: DataIndex, most: int, seed: int) -> "TrainingPairs":
        """Up to ``most`` training pairs, sampled by a hash: always the same ones."""
        rows = index.rows(
            "SELECT user_index::INTEGER AS user_index, item_index::INTEGER AS item_index, "
            "coalesce(value, 0)::DOUBLE AS value FROM pairs WHERE NOT held_out "
            "ORDER BY hash(user_index, item_index, ?::INTEGER), user_index, item_index LIMIT ?",
            seed,
            most,
        )
        return cls(*(np.asarray(rows[name]) for name in ("user_index", "item_index", "value")))

    def __len__(self) -> int:
        return len(self.users)


def had(index: DataIndex, users: NDArray[np.int32], items: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether each user has had the item at the same position, including held-out pairs: bool[users]."""
    rows = index.rows(
        "SELECT place FROM (SELECT unnest(range(?)) AS place, unnest(?::INTEGER[]) AS user_index, "
        "unnest(?::INTEGER[]) AS item_index) SEMI JOIN pairs USING (user_index, item_index)",
        len(users),
        users.tolist(),
        items.tolist(),
    )
    found = np.zeros(len(users), dtype=np.bool_)
    found[rows["place"]] = True
    return found
