"""How well lists rank what was held out. Pure functions: arrays in, numbers out."""

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from containers.extract.item_sets import ItemSets, Labels
from containers.extract.ranking import NO_ITEM

NDCG_AT = 10
RECALL_AT = 20

Metrics = TypedDict("Metrics", {"ndcg@10": float, "recall@20": float, "coverage": float})


def evaluate(labels: Labels, held_out: ItemSets, items: int) -> Metrics:
    """NDCG@10, Recall@20 and coverage of some users' lists.

    Args:
        labels: (users, at least 20) each user's list, best first, ``NO_ITEM`` where it has ended: a ranking of
            the full catalogue without the user's training interactions.
        held_out: each user's relevant items; at least one for every user.
        items: size of the catalogue.
    """
    hits = found(labels, held_out, items)
    relevant = held_out.counts()
    return {
        "ndcg@10": float(np.mean(ndcg(hits[:, :NDCG_AT], relevant))),
        "recall@20": float(np.mean(recall(hits[:, :RECALL_AT], relevant))),
        "coverage": coverage(labels[:, :NDCG_AT], items),
    }


def found(labels: Labels, held_out: ItemSets, items: int) -> NDArray[np.bool_]:
    """Whether each place of each list holds one of its user's held-out items: (users, places)."""
    wanted = held_out.owners() * items + held_out.items
    given = np.arange(len(labels))[:, np.newaxis] * items + labels
    return np.asarray(np.isin(given, wanted) & (labels != NO_ITEM))


def ndcg(hits: NDArray[np.bool_], relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each user's normalized discounted cumulative gain at k, k being the width of ``hits``.

    Binary relevance; a hit at rank r (from 1) gains 1 / log2(r + 1). The ideal list has all relevant items
    first, and ends at k as the list does. Source: Järvelin and Kekäläinen 2002, with the logarithm's
    discount from the first rank on, as in Burges et al. 2005.
    """
    discount = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.cumsum(discount)[np.minimum(relevant, hits.shape[1]) - 1]
    return np.asarray(hits @ discount / ideal)


def recall(hits: NDArray[np.bool_], relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each user's recall at k: hits among the first k, over all the user's relevant items.

    The definition of information retrieval, which LightGCN, RecBole and Elliot evaluate too. With more than k
    relevant items it cannot reach 1; the variant over min(k, relevant) (Liang et al. 2018) could, and reads higher.
    """
    return np.asarray(hits.sum(axis=1) / relevant)


def coverage(labels: Labels, items: int) -> float:
    """The share of the catalogue that is in at least one of the lists.

    Catalogue coverage (Ge, Delgado-Battenfeld and Jannach 2010) of the evaluated users' lists. It grows
    with the number of users: compare it only between models on the same users.
    """
    return len(np.unique(labels[labels != NO_ITEM])) / items
