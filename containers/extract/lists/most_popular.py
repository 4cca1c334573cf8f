"""The baseline for every recommender: the same items for everyone, the most popular ones first."""

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.lists.ranking import rank


def rank_most_popular(
    interactions: NDArray[np.int64], known: ItemSets, count: int, *, servable: NDArray[np.bool_]
) -> Labels:
    """The ``count`` items with the most interactions for each user: (users, count), like ``rank``.

    Equally popular items are ordered by index.

    Args:
        interactions: (items,) number of training interactions.
        known: what each user's list leaves out.
        count, servable: as in ``rank``.
    """
    # A score that is exact in float32 for any popularity: minus the position in the order.
    places = np.empty((len(interactions), 1), dtype=np.float32)
    places[np.argsort(-interactions, kind="stable"), 0] = -np.arange(len(interactions))
    everybody = np.ones((len(known), 1), dtype=np.float32)
    return rank(everybody, places, known, count, servable=servable).labels
