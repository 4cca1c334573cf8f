"""The documents about a model's quality: metrics.json, training.json and refit_training.json."""

from typing import Literal, TypedDict

from contract.documents import HoldOut, Means


class Ndcg(TypedDict):
    """The mean NDCG@10 of a set of users, and the 95 % interval of its difference from most-popular's."""

    users: int
    model: float
    most_popular: float
    difference_interval: tuple[float, float]


class Band(Ndcg):
    """Users with ``fewest`` to ``most`` training interactions."""

    band: str
    fewest: int
    most: int


# Not a class, because its last field's name is no identifier.
Breakdown = TypedDict(
    "Breakdown",
    {
        "bands": list[Band],
        "tail": Ndcg | None,  # users with a held-out item outside the head
        "coverage@100": dict[str, float],  # by ranking
    },
)
"""What a mean over all users hides (containers/extract/evaluation/breakdown.py)."""


Intervals = dict[str, dict[str, tuple[float, float]]]
"""The 95 % interval of each mean, by ranking and metric; "difference" counts as a ranking here."""


class Ratio(TypedDict):
    """The model's NDCG@10 divided by the other ranking's: the value, None if the other's is 0, and its 95 % interval.

    The interval is None if it is unknown. Its upper end is None if the other's may be 0.
    """

    value: float | None
    interval: tuple[float, float | None] | None


class Compared(TypedDict):
    """The model compared with another ranking, whose name is not included; ``difference`` is model minus other."""

    model: Means
    difference: Means
    intervals: Intervals
    users: int
    held_out: int
    ratio: Ratio


class ComparedWithChampion(Compared):
    """The model compared with the current version, on interactions that neither was trained on."""

    version: str | None
    comparable: Literal[True]
    reason: str | None
    later_than: float | None  # epoch seconds; None if all held-out interactions are new to both
    champion: Means


class NoChampion(TypedDict):
    """Why the model is not compared with the current version; None if there is none."""

    version: str | None
    comparable: Literal[False]
    reason: str | None


class ModelQuality(TypedDict):
    """The model compared with most-popular and the champion on the held-out interactions; None if there are none."""

    model: Means | None
    most_popular: Means | None
    difference: Means | None
    intervals: Intervals | None
    ratio: Ratio | None
    users: int
    held_out: int
    head_items: int  # how many items the metrics count as most popular
    champion: ComparedWithChampion | NoChampion
    breakdown: Breakdown | None


def compared_with_popular(metrics: ModelQuality) -> tuple[Compared, Means] | None:
    """The comparison with most-popular, and most-popular's own metrics; None if nothing was held out."""
    if not metrics["users"]:
        return None
    model, popular, difference = metrics["model"], metrics["most_popular"], metrics["difference"]
    intervals, ratio = metrics["intervals"], metrics["ratio"]
    assert model is not None
    assert popular is not None
    assert difference is not None
    assert intervals is not None
    assert ratio is not None
    compared: Compared = {
        "model": model,
        "difference": difference,
        "intervals": intervals,
        "users": metrics["users"],
        "held_out": metrics["held_out"],
        "ratio": ratio,
    }
    return compared, popular


class DialCurve(TypedDict):
    """The effect of each popularity weight, for ``dial_users`` users (containers/extract/evaluation/dial.py)."""

    dial: list[dict[str, float]]
    dial_users: int
    dial_most_popular: dict[str, float] | None


class ScoreSettings(TypedDict):
    """The settings that blend the published score (containers/extract/data/settings.py)."""

    popularity: float
    history_weight: float
    exponent: float
    ridge: float


_Ndcg10 = TypedDict("_Ndcg10", {"ndcg@10": float})


class Trial(ScoreSettings, _Ndcg10):
    """Settings that were tried, their mean NDCG@10, and the share of the catalogue in the lists."""

    coverage: float


class Choice(TypedDict):
    """The chosen settings and why, and all that were tried, on ``users`` users."""

    chosen: ScoreSettings
    reason: str
    users: int
    trials: list[Trial]


class Metrics(ModelQuality, DialCurve):
    """metrics.json, by "Extract vectors"."""

    settings: Choice
    hold_out: HoldOut


class EpochLoss(TypedDict):
    """``loss`` is None if it is not finite."""

    epoch: int
    loss: float | None


class TrainingLosses(TypedDict):
    """training.json and refit_training.json, by "Read training log" and "Read refit log"."""

    job: str
    metric: str | None
    asked: int
    complete: bool
    epochs: list[EpochLoss]
    untrained_loss: float | None
    test_loss: float | None
