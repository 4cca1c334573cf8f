"""Ranks the whole catalogue for the users with held-out interactions, by the model and by popularity."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import Catalogue, DataIndex
from containers.extract.data.run_inputs import RunInputs
from containers.extract.evaluation import metrics
from containers.extract.evaluation.breakdown import breakdown
from containers.extract.evaluation.champion import ComparedWithChampion, compare_with_champion
from containers.extract.evaluation.comparison import Comparison, compare
from containers.extract.evaluation.metrics import Popularity
from containers.extract.lists.held_out_lists import HeldOutLists, held_out_lists
from containers.extract.model.vectors import Vectors
from contract.measured_documents import Breakdown, ModelQuality


@dataclass(frozen=True)
class Evaluation:
    """The model compared with most-popular (None, like ``breakdown``, if nothing was held out) and with the
    champion.

    ``head_items`` is how many items the metrics count as most popular.
    """

    against_popular: Comparison | None
    champion: ComparedWithChampion
    head_items: int
    breakdown: Breakdown | None = None

    def as_json(self) -> ModelQuality:
        """As in metrics.json."""
        popular = self.against_popular
        found = popular.as_json("most_popular") if popular else None
        return {
            "model": found and found["model"],
            "most_popular": popular.other.metrics if popular else None,
            "difference": found and found["difference"],
            "intervals": found and found["intervals"],
            "ratio": found and found["ratio"],
            "users": found["users"] if found else 0,
            "held_out": found["held_out"] if found else 0,
            "head_items": self.head_items,
            "champion": self.champion.as_json(),
            "breakdown": self.breakdown,
        }


def evaluate(
    run: RunInputs, index: DataIndex, catalogue: Catalogue, vectors: Vectors, champions_lists: Path
) -> Evaluation:
    """Measure the model on the held-out interactions.

    Args:
        champions_lists: the folder of the champion's lists, if there is a champion.
    """
    lists = held_out_lists(index, vectors, catalogue.popularity)
    return Evaluation(
        compare_with_popular(lists, catalogue.popularity),
        compare_with_champion(run, index, catalogue, vectors, champions_lists),
        head_items=int(metrics.head(catalogue.popularity).sum()),
        breakdown=breakdown(index, vectors, lists, catalogue.popularity) if lists else None,
    )


def compare_with_popular(lists: HeldOutLists | None, interactions: NDArray[np.int64]) -> Comparison | None:
    """The model compared with most-popular; None if nothing was held out.

    Args:
        interactions: (items,) number of training interactions.
    """
    if lists is None:
        return None
    return compare(lists.model, lists.most_popular, lists.measured.pairs.relevant(), Popularity.of(interactions))
