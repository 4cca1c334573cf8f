"""Comparisons of models with given numbers."""

from containers.extract.evaluation.champion import BesideChampion
from containers.extract.evaluation.comparison import Comparison, Judged
from containers.extract.evaluation.metrics import MEANS

UNPUBLISHED = BesideChampion(None, reason="nothing is published yet")


VERSION = "20261116t030000120-0a1b2c"


def judged(ndcg: float) -> Judged:
    values = dict.fromkeys(MEANS, ndcg)
    return Judged(
        values | {"coverage": 0.5}, {name: (value - 0.0125, value + 0.0375) for name, value in values.items()}
    )


def beside(model: float, other: float, users: int = 500) -> Comparison:
    ratio = (0.9 * model / other, 1.1 * model / other) if other else None
    difference = judged(model - other)
    return Comparison(judged(model), judged(other), difference, users=users, held_out=2 * users, ratio_interval=ratio)


def with_champion(model: float, champion: float) -> BesideChampion:
    return BesideChampion(VERSION, beside(model, champion, users=41), later_than=1_763_262_000.0)
