"""The popularity dial: accuracy and coverage at every weight of the popularity term.

``popularity`` of the request trades lists that rank well for lists that differ from user to user. The model is the same
at every value: only the last column of the item vectors changes (containers/extract/model/vectors.py), so the whole
curve costs only some rankings.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.data.run_inputs import RunInputs
from containers.extract.data.settings import Settings
from containers.extract.evaluation import metrics
from containers.extract.evaluation.metrics import LIST_LENGTH
from containers.extract.lists.most_popular import rank_most_popular
from containers.extract.model.candidate_lists import candidate_lists
from containers.extract.model.spreading import spread
from containers.extract.model.vectors import Terms
from contract.measured_documents import DialCurve

_VALUES = tuple(tenth / 10 for tenth in range(11))
# Enough for a curve whose shape is not noise, few enough to take seconds with any catalogue.
MOST_USERS = 1_000


@dataclass(frozen=True)
class Balance:
    """The mean NDCG@10 of the users' lists, and the share of the catalogue in them."""

    ndcg: float
    coverage: float

    @classmethod
    def of(cls, labels: Labels, relevant: ItemSets, items: int) -> "Balance":
        """``labels``: (users, 10) lists; ``relevant``: their users' held-out items."""
        ndcg = metrics.ndcg(metrics.found(labels, relevant, items), relevant.counts())
        return cls(float(ndcg.mean()), metrics.coverage(labels, items))

    def as_json(self) -> dict[str, float]:
        """As metrics.json has it."""
        return {"ndcg@10": self.ndcg, "coverage": self.coverage}


@dataclass(frozen=True)
class Point:
    """The result at ``popularity``."""

    popularity: float
    balance: Balance


@dataclass(frozen=True)
class Dial:
    """The curve, by ascending popularity; empty if there is no popularity term, or nothing to measure on.

    ``most_popular`` is that ranking for the same users, the limit of the curve at high weights.
    """

    points: list[Point]
    users: int
    most_popular: Balance | None = None

    def as_json(self) -> DialCurve:
        """As in metrics.json."""
        points = [{"popularity": point.popularity, **point.balance.as_json()} for point in self.points]
        popular = self.most_popular.as_json() if self.most_popular else None
        return {"dial": points, "dial_users": self.users, "dial_most_popular": popular}


def turn(run: RunInputs, index: DataIndex, terms: Terms, interactions: NDArray[np.int64], settings: Settings) -> Dial:
    """Measure the model at each tenth from 0 to 1 and at the run's own value, in the same way as the metrics.

    If more than ``MOST_USERS`` users have held-out interactions, that many are used, evenly spread; otherwise the point
    at the run's value equals the model's own metrics. Explicit feedback has no popularity term.

    Args:
        run: plan and summary.
        index: the run's.
        terms: the model's.
        interactions: (items,) number of training interactions.
        settings: the run's.
    """
    users = index.measured.users
    if run.explicit or not len(users):
        return Dial([], 0)
    users = users[spread(len(users), MOST_USERS)]
    pairs = index.interactions_of(users)
    known, relevant, servable = pairs.known(), pairs.relevant(), index.servable()
    candidates = [replace(settings, popularity=popularity) for popularity in sorted({*_VALUES, settings.popularity})]
    lists = candidate_lists(terms, users, candidates, excluded=known, servable=servable, count=LIST_LENGTH)
    points = [Point(at.popularity, Balance.of(labels, relevant, index.items)) for at, labels in lists]
    popular = rank_most_popular(interactions, known, LIST_LENGTH, servable=servable)
    return Dial(points, len(users), Balance.of(popular, relevant, index.items))
