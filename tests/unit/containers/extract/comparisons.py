"""Comparisons of models with given numbers."""

from containers.extract.evaluation.champion import ComparedWithChampion
from containers.extract.evaluation.comparison import Comparison, Measured
from containers.extract.evaluation.metrics import MEANS

UNPUBLISHED = ComparedWithChampion(None, reason="nothing is published yet")


VERSION = "20261116t030000120-0a1b2c"


def measured(ndcg: float) -> Measured:
    values = dict.fromkeys(MEANS, ndcg)
    return Measured(
        values | {"coverage": 0.5}, {name: (value - 0.0125, value + 0.0375) for name, value in values.items()}
    )


def beside(model: float, other: float, users: int = 500) -> Comparison:
    ratio = (0.9 * model / other, 1.1 * model / other) if other else None
    difference = measured(model - other)
    return Comparison(
        measured(model), measured(other), difference, users=users, held_out=2 * users, ratio_interval=ratio
    )


def with_champion(model: float, champion: float) -> ComparedWithChampion:
    return ComparedWithChampion(VERSION, beside(model, champion, users=41), later_than=1_763_262_000.0)
