"""The result of one week of a simulation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract import quality_gate
from contract.documents import Means
from contract.measured_documents import Compared, Metrics, compared_with_popular
from contract.quality_gate import METRIC


@dataclass(frozen=True)
class Measured:
    """A mean over users, and its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, means: Means, intervals: Mapping[str, tuple[float, float]]) -> "Measured":
        """NDCG@10, from a ranking's means in metrics.json and their intervals."""
        return cls(means[METRIC], *intervals[METRIC])

    @property
    def beyond_noise(self) -> bool:
        """For a difference: whether its interval excludes 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Rivals:
    """NDCG@10 of the model, of another ranking, and the difference by user; all over the same users."""

    model: Measured
    other: Measured
    difference: Measured
    users: int

    @property
    def ratio(self) -> float | None:
        """The model's divided by the other's, which the gate checks; None if the other's is 0."""
        return self.model.value / self.other.value if self.other.value else None


@dataclass(frozen=True)
class Week:
    """A run on the data until the day ``until``; fields are None if the run did not get far enough, or there is no
    value.

    ``status`` is an outcome's (topx.outcome.status_of), ``why`` a word or two if nothing was published, and ``cause``
    the run's own message. ``rows`` is the number of rows added to the data. ``new_items`` are items that were not in
    the catalogue of the last week whose data was read. ``popular`` is measured on all held-out interactions,
    ``champion`` on those later than the champion's data. ``overlap`` is the share of a user's list that was in the
    previous version's, mean over the ``overlapping`` users in both.
    """

    until: str
    rows: int
    status: str
    why: str | None = None
    cause: str | None = None
    run_id: str | None = None
    users: int | None = None
    items: int | None = None
    interactions: int | None = None
    new_items: int | None = None
    popular: Rivals | None = None
    champion: Rivals | None = None
    not_comparable: str | None = None
    overlap: float | None = None
    overlapping: int | None = None
    seconds: float | None = None


def rivals(metrics: Metrics | None) -> tuple[Rivals | None, Rivals | None, str | None]:
    """The model compared with most-popular, with the champion, and why the latter is missing; from metrics.json."""
    if not metrics:
        return None, None, None
    found = compared_with_popular(metrics)
    popular = found and _rivals(found[0], "most_popular", found[1])
    champion = metrics["champion"]
    if champion["comparable"] is False:
        return popular, None, champion["reason"]
    return popular, _rivals(champion, "champion", champion["champion"]), None


def _rivals(compared: Compared, name: str, other: Means) -> Rivals:
    intervals = compared["intervals"]
    return Rivals(
        Measured.of(compared["model"], intervals["model"]),
        Measured.of(other, intervals[name]),
        Measured.of(compared["difference"], intervals["difference"]),
        compared["users"],
    )


def broken_rules(metrics: Metrics, gate: Any) -> str:
    """The gate rules that a model broke, in a word or two."""
    return " and ".join(quality_gate.check(metrics, gate).rules) or "unmeasured"
