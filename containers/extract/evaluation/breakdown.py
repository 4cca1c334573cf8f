"""For which users the model is better than most-popular, and how far into the catalogue its longer lists reach.

A mean over users hides both. Most-popular gets the head right without knowing any user, so the tail is also measured by
itself: without items of the head, in lists or held out (Cremonesi, Koren and Turrin 2010). And light users, of whom a
model knows little, are the majority, but heavy users outweigh them if histories are long.
"""

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.data.item_sets import ItemSets
from containers.extract.evaluation import bootstrap, metrics
from containers.extract.evaluation.metrics import LIST_LENGTH
from containers.extract.lists.held_out_lists import HeldOutLists
from containers.extract.lists.most_popular import rank_most_popular
from containers.extract.lists.ranking import rank
from containers.extract.model.vectors import Vectors
from contract.measured_documents import Breakdown, Ndcg

_BANDS = ("light", "middle", "heavy")


def breakdown(index: DataIndex, vectors: Vectors, lists: HeldOutLists, interactions: NDArray[np.int64]) -> Breakdown:
    """Measure the users with held-out interactions by activity, and without the head.

    Args:
        index: the run's.
        vectors: the model's.
        lists: of both rankings.
        interactions: (items,) number of training interactions.
    """
    relevant = lists.measured.pairs.relevant()
    each = [_ndcg(labels[:, :LIST_LENGTH], relevant, index.items) for labels in (lists.model, lists.most_popular)]
    trained = lists.measured.pairs.trained().counts()
    return {
        "bands": [
            {"band": name, "fewest": int(trained[rows].min()), "most": int(trained[rows].max()), **_beside(each, rows)}
            for name, rows in _bands(trained)
        ],
        "tail": _tail(index, vectors, lists, interactions),
        "coverage@100": {
            "model": metrics.coverage(lists.model, index.items),
            "most_popular": metrics.coverage(lists.most_popular, index.items),
        },
    }


def _tail(index: DataIndex, vectors: Vectors, lists: HeldOutLists, interactions: NDArray[np.int64]) -> Ndcg | None:
    """Over the users with a held-out item outside the head; None if there are none."""
    tail = ~metrics.head(interactions)
    known, relevant = lists.measured.pairs.known(), lists.measured.pairs.relevant()
    relevant = relevant.where(tail[relevant.items])
    rows = np.flatnonzero(relevant.counts())
    if not len(rows):
        return None
    known, relevant, servable = known.chosen(rows), relevant.chosen(rows), index.servable() & tail
    ours = rank(
        vectors.of_users(lists.measured.users[rows]), vectors.items, known, LIST_LENGTH, servable=servable
    ).labels
    popular = rank_most_popular(interactions, known, LIST_LENGTH, servable=servable)
    each = [_ndcg(labels, relevant, index.items) for labels in (ours, popular)]
    return _beside(each, np.arange(len(rows)))


def _bands(trained: NDArray[np.int64]) -> list[tuple[str, NDArray[np.int64]]]:
    """The users' rows by number of training interactions, in thirds; users with equal numbers stay together."""
    third = np.searchsorted(np.quantile(trained, (1 / 3, 2 / 3), method="inverted_cdf"), trained)
    rows = ((name, np.flatnonzero(third == place)) for place, name in enumerate(_BANDS))
    return [(name, found) for name, found in rows if len(found)]


def _ndcg(labels: NDArray[np.int32], relevant: ItemSets, items: int) -> NDArray[np.float64]:
    return metrics.ndcg(metrics.found(labels, relevant, items), relevant.counts())


def _beside(each: list[NDArray[np.float64]], rows: NDArray[np.int64]) -> Ndcg:
    ours, popular = (values[rows] for values in each)
    lower, upper = bootstrap.intervals((ours - popular)[:, np.newaxis])[:, 0].tolist()
    return {
        "users": len(rows),
        "model": float(ours.mean()),
        "most_popular": float(popular.mean()),
        "difference_interval": (lower, upper),
    }
