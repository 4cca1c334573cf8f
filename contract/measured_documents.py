"""The documents that say how good a model is: metrics.json, training.json and refit_training.json."""

from typing import Literal, TypedDict

from contract.documents import HoldOut, Means


class Ndcg(TypedDict):
    """The mean NDCG@10 of some users' lists, and the 95 % interval of the model's less most-popular's."""

    users: int
    model: float
    most_popular: float
    difference_interval: tuple[float, float]


class Band(Ndcg):
    """Of the users who have from ``fewest`` to ``most`` training interactions."""

    band: str
    fewest: int
    most: int


# Not a class, for its last name.
Breakdown = TypedDict(
    "Breakdown",
    {
        "bands": list[Band],
        "tail": Ndcg | None,  # of the users with a held-out item outside the head
        "coverage@100": dict[str, float],  # by ranking
    },
)
"""What a mean over all users hides (containers/extract/evaluation/breakdown.py)."""


Intervals = dict[str, dict[str, tuple[float, float]]]
"""The 95 % interval of each mean, by ranking and metric; "difference" is a ranking here."""


class Ratio(TypedDict):
    """The model's NDCG@10 over the other ranking's: the value, None where the other's is 0, and its 95 % interval.

    The interval is None where it is not known, its upper end where the other's may as well be 0.
    """

    value: float | None
    interval: tuple[float, float | None] | None


class Compared(TypedDict):
    """The model beside another ranking, which is not in here; ``difference`` is the model's less the other's."""

    model: Means
    difference: Means
    intervals: Intervals
    users: int
    held_out: int
    ratio: Ratio


class BesideChampion(Compared):
    """The model beside the published version, on what neither could know."""

    version: str | None
    comparable: Literal[True]
    reason: str | None
    later_than: float | None  # epoch seconds; None where all that is held out is new to both
    champion: Means


class NoChampion(TypedDict):
    """Why the model is not compared with the published version, None where there is none."""

    version: str | None
    comparable: Literal[False]
    reason: str | None


class Judgement(TypedDict):
    """The model beside most-popular and the champion, on what is held out; None where nothing is."""

    model: Means | None
    most_popular: Means | None
    difference: Means | None
    intervals: Intervals | None
    ratio: Ratio | None
    users: int
    held_out: int
    head_items: int  # how many items the metrics call the most popular ones
    champion: BesideChampion | NoChampion
    breakdown: Breakdown | None


class DialCurve(TypedDict):
    """What each weight of popularity would give, for ``dial_users`` users (containers/extract/evaluation/dial.py)."""

    dial: list[dict[str, float]]
    dial_users: int
    dial_most_popular: dict[str, float] | None


class ScoreSettings(TypedDict):
    """What the served score is blended by (containers/extract/data/settings.py)."""

    popularity: float
    history_weight: float
    exponent: float
    ridge: float


_Ndcg10 = TypedDict("_Ndcg10", {"ndcg@10": float})


class Trial(ScoreSettings, _Ndcg10):
    """Settings that were tried, and their mean NDCG@10."""


class Choice(TypedDict):
    """The settings that were taken and why, and all that was tried on some ``users``."""

    chosen: ScoreSettings
    reason: str
    users: int
    trials: list[Trial]


class Metrics(Judgement, DialCurve):
    """metrics.json, by "Extract vectors"."""

    settings: Choice
    hold_out: HoldOut


class EpochLoss(TypedDict):
    """``loss`` is None where it is no finite number."""

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
