"""The interactions of a set of users: which of them a model was trained on, and which it is measured on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets


@dataclass(frozen=True)
class Interactions:
    """All distinct pairs of a set of users; the other fields have a flag for each element of ``all.items``.

    ``held_out`` marks the pairs that a model is measured on, ``chooses`` the earlier held-out ones that settings are
    chosen on; training had neither. A held-out item that lists may not contain is no valid answer, and has no flag: for
    a ranking it counts as known.
    """

    all: ItemSets
    held_out: NDArray[np.bool_]
    chooses: NDArray[np.bool_]
    left_out: NDArray[np.bool_]

    def known(self) -> ItemSets:
        """What each user had before the pairs to measure on: what the model was trained on, and what its settings were
        chosen on.
        """
        return self.all.where(~self.held_out)

    def relevant(self) -> ItemSets:
        """What a model is measured on: the items that its lists should contain."""
        return self.all.where(self.held_out)

    def trained(self) -> ItemSets:
        """What the model was trained on."""
        return self.all.where(~self.held_out & ~self.chooses)

    def choosing(self) -> ItemSets:
        """What settings are chosen on."""
        return self.all.where(self.chooses)

    def not_to_repeat(self) -> ItemSets:
        """The seen items that each user's list leaves out."""
        return self.all.where(self.left_out)

    def not_to_repeat_of_training(self) -> ItemSets:
        """The same, but only those that the model was trained on."""
        return self.all.where(self.left_out & ~self.held_out)


@dataclass(frozen=True)
class MeasuredUsers:
    """The users whom a model is measured on: their indices, ascending, and their pairs."""

    users: NDArray[np.int64]
    pairs: Interactions

    def __len__(self) -> int:
        return len(self.users)


def interactions_of_rows(rows: dict[str, NDArray[Any]], users: NDArray[np.int64]) -> Interactions:
    """The pairs of ``users``, ascending, from rows of the index by user: user_index, item_index and the three flags."""
    starts = np.searchsorted(rows["user_index"], np.append(users, users[-1:] + 1)).astype(np.int64)
    pairs = ItemSets(starts, np.asarray(rows["item_index"], dtype=np.int32))
    flags = (np.asarray(rows[name], dtype=np.bool_) for name in ("held_out", "chooses", "left_out"))
    return Interactions(pairs, *flags)
