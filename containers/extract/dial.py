"""What the operator's dial does: accuracy and coverage at every weight of the popularity term.

Between lists that rank well and lists that differ from user to user, ``popularity`` of the request chooses. The model
is the same at every value: only the last column of the item vectors changes (containers/extract/vectors.py), so the
whole curve costs some rankings.
"""

from dataclasses import dataclass
from typing import Any

from containers.extract import metrics
from containers.extract.data_index import DataIndex
from containers.extract.metrics import LIST_LENGTH
from containers.extract.ranking import rank
from containers.extract.run_inputs import RunInputs
from containers.extract.served_lists import spread
from containers.extract.vectors import Terms

_VALUES = tuple(tenth / 10 for tenth in range(11))
# Enough for a curve whose shape is not chance, few enough for seconds with any catalogue.
MOST_USERS = 1_000


@dataclass(frozen=True)
class Point:
    """The dial at ``popularity``: the mean NDCG@10 of the users' lists, and the share of the catalogue in them."""

    popularity: float
    ndcg: float
    coverage: float


@dataclass(frozen=True)
class Dial:
    """The curve, by ascending popularity; empty where there is no dial, or nothing to judge it by."""

    points: list[Point]
    users: int

    def as_json(self) -> dict[str, Any]:
        """As metrics.json has it."""
        points = [
            {"popularity": point.popularity, "ndcg@10": point.ndcg, "coverage": point.coverage} for point in self.points
        ]
        return {"dial": points, "dial_users": self.users}


def turn(run: RunInputs, index: DataIndex, terms: Terms) -> Dial:
    """Judge the model at each tenth from 0 to 1 and at the request's own value, as the metrics judge it.

    Of more than ``MOST_USERS`` users with held-out interactions so many are taken, evenly spread; otherwise the point
    of the request's value is the model's own metrics. Explicit feedback has no dial.
    """
    users = index.held_out_users()
    if run.explicit or not len(users):
        return Dial([], 0)
    users = users[spread(len(users), MOST_USERS)]
    pairs = index.interactions_of(users)
    known, relevant, servable = pairs.training(), pairs.kept_back(), index.servable()
    points = []
    for popularity in sorted({*_VALUES, run.popularity_weight}):
        vectors = terms.at(popularity)
        labels = rank(vectors.of_users(users), vectors.items, known, LIST_LENGTH, servable=servable).labels
        ndcg = metrics.ndcg(metrics.found(labels, relevant, index.items), relevant.counts())
        points.append(Point(popularity, float(ndcg.mean()), metrics.coverage(labels, index.items)))
    return Dial(points, len(users))
