"""Compares two rankings of the same users' items on the same held-out interactions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.evaluation import bootstrap, metrics
from containers.extract.evaluation.metrics import LIST_LENGTH, MEANS, Metrics, Popularity
from contract.measured_documents import Compared

NDCG = MEANS.index("ndcg@10")

Intervals = dict[str, tuple[float, float]]
"""The 95 % interval of each mean, by metric. Coverage has none: a resample has fewer distinct users."""


@dataclass(frozen=True)
class Measured:
    """The metrics of one ranking, or the difference of two rankings, with their intervals."""

    metrics: Metrics
    intervals: Intervals


@dataclass(frozen=True)
class Comparison:
    """The model and another ranking; ``difference`` is the model's metrics minus the other's, paired by user.

    ``ratio_interval`` is the 95 % interval of ``ratio``; its upper end is None if the other's may be 0.
    """

    model: Measured
    other: Measured
    difference: Measured
    users: int
    held_out: int
    ratio_interval: tuple[float, float | None] | None

    @property
    def ratio(self) -> float | None:
        """The model's NDCG@10 divided by the other's, which the gate checks; None if the other's is 0."""
        other = self.other.metrics["ndcg@10"]
        return self.model.metrics["ndcg@10"] / other if other else None

    def as_json(self, other: str) -> Compared:
        """As in metrics.json, without the other ranking's own metrics; ``other`` is that ranking's name."""
        sides = {"model": self.model, other: self.other, "difference": self.difference}
        return {
            "model": self.model.metrics,
            "difference": self.difference.metrics,
            "intervals": {name: side.intervals for name, side in sides.items()},
            "users": self.users,
            "held_out": self.held_out,
            "ratio": {"value": self.ratio, "interval": self.ratio_interval},
        }


def compare(model: Labels, other: Labels, held_out: ItemSets, popularity: Popularity) -> Comparison:
    """Compare two rankings (users, at least 20) on the same users' held-out items, at least one for each user."""
    ours, theirs = (metrics.of_each_user(labels, held_out, popularity) for labels in (model, other))
    of_model, of_other = (metrics.coverage(labels[:, :LIST_LENGTH], len(popularity)) for labels in (model, other))
    values = np.hstack([ours, theirs, ours - theirs])
    found = np.vstack([values.mean(axis=0), bootstrap.intervals(values)])
    by_model, by_other, difference = np.split(found, 3, axis=1)
    return Comparison(
        _measured(by_model, of_model),
        _measured(by_other, of_other),
        _measured(difference, of_model - of_other),
        users=len(held_out),
        held_out=len(held_out.items),
        ratio_interval=_ratio_interval(ours[:, NDCG], theirs[:, NDCG]),
    )


def _ratio_interval(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> tuple[float, float | None] | None:
    lower, upper = bootstrap.ratio_interval(ours, theirs)
    if not np.isfinite(lower):
        return None
    return lower, upper if np.isfinite(upper) else None


def _measured(found: NDArray[np.float64], coverage: float) -> Measured:
    """``found``: (3, len(MEANS)): means, lower and upper ends."""
    means, lower, upper = (dict(zip(MEANS, row, strict=True)) for row in found.tolist())
    return Measured(means | {"coverage": coverage}, {name: (lower[name], upper[name]) for name in MEANS})
