"""The documents that say how good a model is: metrics.json, training.json and refit_training.json."""

from typing import Any, TypedDict

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


class Judgement(TypedDict):
    """The model beside most-popular and the champion, on what is held out; None where nothing is."""

    model: Means | None
    most_popular: Means | None
    difference: Means | None
    intervals: dict[str, dict[str, tuple[float, float]]] | None  # 95 %, by ranking and metric
    ratio: dict[str, Any] | None  # value and interval of the model's NDCG@10 over most-popular's
    users: int
    held_out: int
    head_items: int  # how many items the metrics call the most popular ones
    champion: dict[str, Any]  # containers.extract.evaluation.champion.BesideChampion
    breakdown: Breakdown | None


class DialCurve(TypedDict):
    """What each weight of popularity would give, for ``dial_users`` users (containers/extract/evaluation/dial.py)."""

    dial: list[dict[str, float]]
    dial_users: int
    dial_most_popular: dict[str, float] | None


class Metrics(Judgement, DialCurve):
    """metrics.json, by "Extract vectors"."""

    settings: dict[str, Any]  # containers.extract.evaluation.choosing.Choice
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
