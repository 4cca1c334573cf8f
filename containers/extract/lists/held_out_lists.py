"""What each user with held-out interactions would have been shown before them: by the model, and by popularity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.data.interactions import JudgedUsers
from containers.extract.data.item_sets import Labels
from containers.extract.lists.most_popular import rank_most_popular
from containers.extract.lists.ranking import rank
from containers.extract.model.vectors import Vectors

# The longest list that most shops show, and the default of top_x.
LONG_LIST = 100


@dataclass(frozen=True)
class HeldOutLists:
    """The users, and both rankings' labels, (users, LONG_LIST)."""

    judged: JudgedUsers
    model: Labels
    most_popular: Labels


def held_out_lists(index: DataIndex, vectors: Vectors, interactions: NDArray[np.int64]) -> HeldOutLists | None:
    """Rank all items that a user had not had before what is judged by, by the served score and by popularity.

    What was held out to choose settings by, a user had had by then: it is in neither ranking, though the model has not
    learned of it. Nor is what the rules keep from all lists. None when nothing was held out.

    Args:
        index: of the run.
        vectors: of the model.
        interactions: (items,) of training.
    """
    judged, servable = index.judged, index.servable()
    if not len(judged):
        return None
    known = judged.pairs.known()
    model = rank(vectors.of_users(judged.users), vectors.items, known, LONG_LIST, servable=servable).labels
    return HeldOutLists(judged, model, rank_most_popular(interactions, known, LONG_LIST, servable=servable))
