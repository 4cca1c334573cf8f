"""Parses metrics.json into the types that wrote it: a later job may make the report."""

from collections.abc import Mapping
from typing import Any

from containers.extract.evaluation.champion import ComparedWithChampion
from containers.extract.evaluation.comparison import Comparison, Measured
from contract.measured_documents import Metrics


def against_popular(metrics: Metrics) -> Comparison | None:
    """The model and most-popular; None if nothing was held out."""
    return _comparison(metrics, "most_popular") if metrics["users"] else None


def against_champion(metrics: Metrics) -> ComparedWithChampion:
    """The model and the previous version, or why they are not compared."""
    found = metrics["champion"]
    if found["comparable"] is False:
        return ComparedWithChampion(found["version"], reason=found["reason"])
    return ComparedWithChampion(found["version"], _comparison(found, "champion"), found["reason"], found["later_than"])


def _comparison(document: Mapping[str, Any], other: str) -> Comparison:
    model, others, difference = (
        Measured(document[side], {name: (lower, upper) for name, (lower, upper) in document["intervals"][side].items()})
        for side in ("model", other, "difference")
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
