"""The list of each user with held-out interactions as of before them: by the model, and by popularity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.data.interactions import MeasuredUsers
from containers.extract.data.item_sets import Labels
from containers.extract.lists.most_popular import rank_most_popular
from containers.extract.lists.ranking import rank
from containers.extract.model.vectors import Vectors

# The longest list that most shops show, and the default of top_x.
LONG_LIST = 100


@dataclass(frozen=True)
class HeldOutLists:
    """The users, and both rankings' labels, (users, LONG_LIST)."""

    measured: MeasuredUsers
    model: Labels
    most_popular: Labels


def held_out_lists(index: DataIndex, vectors: Vectors, interactions: NDArray[np.int64]) -> HeldOutLists | None:
    """Rank all items that a user had not had before the pairs to measure on, by the published score and by
    popularity.

    The user already had the held-out items on which settings were chosen: they are in neither ranking, though the model
    was not trained on them. Items that lists may not contain are left out, too. None if nothing was held out.

    Args:
        index: the run's.
        vectors: the model's.
        interactions: (items,) number of training interactions.
    """
    measured, servable = index.measured, index.servable()
    if not len(measured):
        return None
    known = measured.pairs.known()
    model = rank(vectors.of_users(measured.users), vectors.items, known, LONG_LIST, servable=servable).labels
    return HeldOutLists(measured, model, rank_most_popular(interactions, known, LONG_LIST, servable=servable))
