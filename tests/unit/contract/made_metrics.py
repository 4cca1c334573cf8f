"""A made-up metrics.json, as written by extract."""

from typing import Any, cast

from contract.documents import Means
from contract.measured_documents import Metrics, ScoreSettings

SETTINGS: ScoreSettings = {"popularity": 0.35, "history_weight": 0.5, "exponent": 0.25, "ridge": 3.0}


def metrics(model: Means | None, most_popular: Means | None, **others: Any) -> Metrics:
    """For a model and most-popular on nine interactions of seven users; nothing is published yet."""
    difference, intervals = None, None
    if model and most_popular:
        difference = {name: model[name] - most_popular[name] for name in model}
        sides = {"model": model, "most_popular": most_popular, "difference": difference}
        intervals = {side: {name: (mean, mean) for name, mean in means.items()} for side, means in sides.items()}
    made: Metrics = {
        "model": model,
        "most_popular": most_popular,
        "difference": difference,
        "intervals": intervals,
        "ratio": {"value": None, "interval": None},
        "users": 7,
        "held_out": 9,
        "head_items": 4,
        "champion": {"version": None, "comparable": False, "reason": "nothing is published yet"},
        "dial": [],
        "dial_users": 0,
        "dial_most_popular": None,
        "breakdown": None,
        "settings": {"chosen": SETTINGS, "reason": "The input sets everything.", "users": 0, "trials": []},
        "hold_out": {"kind": "latest", "because": None, "tied_users": 0},
    }
    return cast("Metrics", made | others)


NOBODY = metrics(None, None, users=0, held_out=0, ratio=None)
"""If nothing is held out."""
