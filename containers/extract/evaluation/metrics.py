"""Metrics of lists: how well they rank held-out items, and their composition. Pure functions from arrays to numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.lists.ranking import NO_ITEM

LIST_LENGTH = 10
RECALL_AT = 20
# Cremonesi, Koren and Turrin 2010 divide a catalogue at one third of the interactions.
HEAD_HAS_ONE_IN = 3

MEANS = ("ndcg@10", "recall@20", "hit_rate@10", "mrr@10", "novelty", "popular_share")
"""The metrics that are means over users, in the order of ``of_each_user``'s columns."""

Metrics = dict[str, float]
"""Every metric of MEANS, and coverage, by name."""


@dataclass(frozen=True)
class Popularity:
    """Popularity by training interactions: self_information (items,), head bool(items,)."""

    self_information: NDArray[np.float64]
    head: NDArray[np.bool_]

    @classmethod
    def of(cls, interactions: NDArray[np.int64]) -> "Popularity":
        """``interactions``: (items,) number of training interactions."""
        return cls(self_information(interactions), head(interactions))

    def __len__(self) -> int:
        return len(self.head)


def of_each_user(labels: Labels, held_out: ItemSets, popularity: Popularity) -> NDArray[np.float64]:
    """The metrics of each user's list: (users, len(MEANS)).

    Args:
        labels: (users, at least 20) each user's list, best first, ``NO_ITEM`` after its end.
        held_out: each user's relevant items; at least one for every user.
        popularity: for the whole catalogue.
    """
    hits, relevant = found(labels, held_out, len(popularity)), held_out.counts()
    first, listed = hits[:, :LIST_LENGTH], labels[:, :LIST_LENGTH]
    columns = (
        ndcg(first, relevant),
        recall(hits[:, :RECALL_AT], relevant),
        hit_rate(first),
        reciprocal_rank(first),
        mean_of_listed(listed, popularity.self_information),
        mean_of_listed(listed, popularity.head),
    )
    return np.column_stack(columns)


def found(labels: Labels, held_out: ItemSets, items: int) -> NDArray[np.bool_]:
    """Whether each place of each list has one of its user's held-out items: (users, places)."""
    wanted = held_out.owners() * items + held_out.items
    given = np.arange(len(labels))[:, np.newaxis] * items + labels
    return np.asarray(np.isin(given, wanted) & (labels != NO_ITEM))


def ndcg(hits: NDArray[np.bool_], relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each user's normalized discounted cumulative gain at k, k being the width of ``hits``.

    Binary relevance; a hit at rank r (from 1) gains 1 / log2(r + 1). The ideal list has all relevant items first, and
    ends at k like the list. Source: Järvelin and Kekäläinen 2002, with the logarithmic discount from the first rank on,
    as in Burges et al. 2005.
    """
    discount = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.cumsum(discount)[np.minimum(relevant, hits.shape[1]) - 1]
    return np.asarray(hits @ discount / ideal)


def recall(hits: NDArray[np.bool_], relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each user's recall at k: hits among the first k, divided by all the user's relevant items.

    This is the definition of information retrieval, also used by LightGCN, RecBole and Elliot. With more than k
    relevant items it cannot reach 1; the variant divided by min(k, relevant) (Liang et al. 2018) can, and is higher.
    """
    return np.asarray(hits.sum(axis=1) / relevant)


def hit_rate(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """1 for each user with a hit among the first k, 0 for the others.

    Deshpande and Karypis 2004; trec_eval's ``success``.
    """
    return np.asarray(hits.any(axis=1), dtype=np.float64)


def reciprocal_rank(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """1 / rank of each user's first hit among the first k, 0 without one; MRR is its mean.

    Source: Voorhees 1999 (TREC-8 question answering), with a cutoff of 5.
    """
    return np.asarray(np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0))


def self_information(interactions: NDArray[np.int64]) -> NDArray[np.float64]:
    """How surprising each item is, in bits: -log2 of its share of the training interactions.

    The mean over a list is its novelty: Zhou et al. 2010, Castells, Hurley and Vargas 2015. For an item without
    interactions it would be infinite; it counts as if it had one interaction.
    """
    return np.asarray(-np.log2(np.maximum(interactions, 1) / max(int(interactions.sum()), 1)))


def head(interactions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The most popular items: the fewest that together have at least a third of the training interactions.

    The short head of Cremonesi, Koren and Turrin 2010. So lists that reproduce what people do by themselves have a
    third of their places from it. Equally popular items are ordered by index.
    """
    order = np.argsort(-interactions, kind="stable")
    held = np.cumsum(interactions[order])
    chosen = np.zeros(len(interactions), dtype=np.bool_)
    chosen[order[: int(np.argmax(HEAD_HAS_ONE_IN * held >= held[-1])) + 1]] = True
    return chosen


def mean_of_listed(labels: Labels, values: NDArray[np.float64] | NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mean of the items' ``values`` over each user's list; 0 for an empty one."""
    given = labels != NO_ITEM
    return np.asarray(np.where(given, values[labels], 0).sum(axis=1) / np.maximum(given.sum(axis=1), 1))


def coverage(labels: Labels, items: int) -> float:
    """The share of the catalogue that is in at least one list.

    Catalogue coverage (Ge, Delgado-Battenfeld and Jannach 2010) of the evaluated users' lists. It grows with the number
    of users: compare it only between models on the same users.
    """
    return len(np.unique(labels[labels != NO_ITEM])) / items
