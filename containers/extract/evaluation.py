"""Ranks the whole catalogue for the users with held-out interactions, by the model and by popularity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract import metrics
from containers.extract.data_index import DataIndex
from containers.extract.metrics import Metrics
from containers.extract.ranking import rank
from containers.extract.vectors import Vectors


@dataclass(frozen=True)
class Evaluation:
    """The metrics of both rankings (None when nothing was held out), and over how much they are means."""

    model: Metrics | None
    most_popular: Metrics | None
    users: int
    held_out: int

    @property
    def ratio(self) -> float | None:
        """The model's NDCG@10 over most-popular's, which the gate judges; None without a baseline above 0."""
        if self.model is None or self.most_popular is None or not self.most_popular["ndcg@10"]:
            return None
        return self.model["ndcg@10"] / self.most_popular["ndcg@10"]

    def as_json(self) -> dict[str, object]:
        """metrics.json."""
        return {
            "model": self.model,
            "most_popular": self.most_popular,
            "users": self.users,
            "held_out": self.held_out,
        }


def evaluate_model(index: DataIndex, vectors: Vectors, popularity: NDArray[np.int64]) -> Evaluation:
    """Rank all items that a user has no training interaction with, by the served score and by popularity.

    Held-out items count as not seen here. Popularity is that of the training interactions, and of equally
    popular items the one of lower index comes first, as in every ranking here.
    """
    users = index.held_out_users()
    if not len(users):
        return Evaluation(None, None, users=0, held_out=0)
    pairs = index.interactions_of(users)
    known, relevant = pairs.training(), pairs.kept_back()
    by_model = rank(vectors.of_users(users), vectors.items, known, metrics.RECALL_AT)
    # A score that is exact in float32 however popular the items are: minus the place in the order.
    places = np.empty((index.items, 1), dtype=np.float32)
    places[np.argsort(-popularity, kind="stable"), 0] = -np.arange(index.items)
    by_popularity = rank(np.ones((len(users), 1), dtype=np.float32), places, known, metrics.RECALL_AT)
    return Evaluation(
        model=metrics.evaluate(by_model.labels, relevant, index.items),
        most_popular=metrics.evaluate(by_popularity.labels, relevant, index.items),
        users=len(users),
        held_out=len(relevant.items),
    )
