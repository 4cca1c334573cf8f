"""Ranks the whole catalogue for the users with held-out interactions, by the model and by popularity."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from containers.extract import metrics
from containers.extract.champion import BesideChampion, compare_with_champion
from containers.extract.comparison import Comparison, compare
from containers.extract.data_index import Catalogue, DataIndex
from containers.extract.metrics import Popularity
from containers.extract.most_popular import rank_most_popular
from containers.extract.ranking import rank
from containers.extract.run_inputs import RunInputs
from containers.extract.vectors import Vectors
from contract.documents import Judgement


@dataclass(frozen=True)
class Evaluation:
    """The model beside most-popular (None when nothing was held out) and beside the champion.

    ``head_items`` is how many items the metrics call the most popular ones.
    """

    beside_popular: Comparison | None
    champion: BesideChampion
    head_items: int

    def as_json(self) -> Judgement:
        """As metrics.json has it."""
        found = self.beside_popular.as_json("most_popular") if self.beside_popular else {}
        return {
            "model": found.get("model"),
            "most_popular": found.get("most_popular"),
            "difference": found.get("difference"),
            "intervals": found.get("intervals"),
            "ratio": found.get("ratio"),
            "users": found.get("users", 0),
            "held_out": found.get("held_out", 0),
            "head_items": self.head_items,
            "champion": self.champion.as_json(),
        }


def evaluate(
    run: RunInputs, index: DataIndex, catalogue: Catalogue, vectors: Vectors, champions_lists: Path
) -> Evaluation:
    """Judge the model by what was held out.

    Args:
        champions_lists: the folder that they are in, where there is a champion.
    """
    return Evaluation(
        compare_with_popular(index, vectors, catalogue.popularity),
        compare_with_champion(run, index, catalogue, vectors, champions_lists),
        head_items=int(metrics.head(catalogue.popularity).sum()),
    )


def compare_with_popular(index: DataIndex, vectors: Vectors, interactions: NDArray[np.int64]) -> Comparison | None:
    """Rank all items that a user had not had before what is judged by, by the served score and by popularity.

    What was held out to choose settings by, a user had had by then: it is in neither ranking, though the model has not
    learned of it. Nor is what the rules keep from all lists. None when nothing was held out.

    Args:
        index: of the run.
        vectors: of the model.
        interactions: (items,) of training.
    """
    users = index.held_out_users()
    if not len(users):
        return None
    pairs = index.interactions_of(users)
    known, relevant = pairs.known(), pairs.kept_back()
    servable = index.servable()
    by_model = rank(vectors.of_users(users), vectors.items, known, metrics.RECALL_AT, servable=servable)
    by_popularity = rank_most_popular(interactions, known, metrics.RECALL_AT, servable=servable)
    return compare(by_model.labels, by_popularity, relevant, Popularity.of(interactions))
