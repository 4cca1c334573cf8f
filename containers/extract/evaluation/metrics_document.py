"""Parses metrics.json into the types that wrote it: a later job may make the report."""

from containers.extract.evaluation.champion import ComparedWithChampion
from containers.extract.evaluation.comparison import Comparison, Measured
from contract.documents import Means
from contract.measured_documents import Compared, Metrics, compared_with_popular


def against_popular(metrics: Metrics) -> Comparison | None:
    """The model and most-popular; None if nothing was held out."""
    found = compared_with_popular(metrics)
    return found and _comparison(found[0], "most_popular", found[1])


def against_champion(metrics: Metrics) -> ComparedWithChampion:
    """The model and the previous version, or why they are not compared."""
    found = metrics["champion"]
    if found["comparable"] is False:
        return ComparedWithChampion(found["version"], reason=found["reason"])
    comparison = _comparison(found, "champion", found["champion"])
    return ComparedWithChampion(found["version"], comparison, found["reason"], found["later_than"])


def _comparison(document: Compared, name: str, other: Means) -> Comparison:
    sides = {"model": document["model"], name: other, "difference": document["difference"]}
    model, others, difference = (
        Measured(means, {metric: (lower, upper) for metric, (lower, upper) in document["intervals"][side].items()})
        for side, means in sides.items()
    )
    interval = document["ratio"]["interval"]
    return Comparison(
        model,
        others,
        difference,
        users=document["users"],
        held_out=document["held_out"],
        ratio_interval=None if interval is None else (interval[0], interval[1]),
    )
