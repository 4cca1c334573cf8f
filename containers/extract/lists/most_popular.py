"""What every recommender is held beside: the same items for everybody, the most popular ones first."""

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.lists.ranking import rank


def rank_most_popular(
    interactions: NDArray[np.int64], known: ItemSets, count: int, *, servable: NDArray[np.bool_]
) -> Labels:
    """Each user's ``count`` items of most interactions: (users, count), as ``rank`` does.

    Of equally popular items the one of lower index comes first.

    Args:
        interactions: (items,) of training.
        known: what each user's list leaves out.
        count, servable: as of ``rank``.
    """
    # A score that is exact in float32 however popular the items are: minus the place in the order.
    places = np.empty((len(interactions), 1), dtype=np.float32)
    places[np.argsort(-interactions, kind="stable"), 0] = -np.arange(len(interactions))
    everybody = np.ones((len(known), 1), dtype=np.float32)
    return rank(everybody, places, known, count, servable=servable).labels
