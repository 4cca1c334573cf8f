"""The settings that blend the published score: given in a run's input, or chosen on its data."""

from dataclasses import dataclass, replace

from containers.extract.data.run_inputs import RunInputs
from contract.measured_documents import Metrics, ScoreSettings


@dataclass(frozen=True)
class Settings:
    """``popularity``: weight of log(popularity + 1); ``history_weight``: the history block's share of the score.

    ``exponent`` and ``ridge`` are a and q of containers/extract/model/history.py.
    """

    popularity: float
    history_weight: float
    exponent: float
    ridge: float

    def as_json(self) -> ScoreSettings:
        """As in metrics.json."""
        return {
            "popularity": self.popularity,
            "history_weight": self.history_weight,
            "exponent": self.exponent,
            "ridge": self.ridge,
        }


# Chosen on data sets of different shapes, see docs/decisions/0210: used unless the data shows that others are better.
DEFAULT = Settings(popularity=0.35, history_weight=0.5, exponent=0.25, ridge=3.0)


def given(run: RunInputs) -> Settings:
    """The default, overridden by the input; explicit feedback has neither block nor popularity term."""
    found = DEFAULT
    if run.request["popularity"] is not None:
        found = replace(found, popularity=float(run.request["popularity"]))
    if run.request["history_weight"] is not None:
        found = replace(found, history_weight=float(run.request["history_weight"]))
    if run.explicit:
        found = replace(found, popularity=0.0)
    return found if run.history_rank else replace(found, history_weight=0.0)


def of_metrics(metrics: Metrics) -> Settings:
    """The settings chosen by the run's first extraction."""
    return Settings(**metrics["settings"]["chosen"])
