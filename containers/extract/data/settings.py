"""What the served score is blended by: numbers that a run's input gives, or that are chosen by its data."""

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
        """As metrics.json has them."""
        return {
            "popularity": self.popularity,
            "history_weight": self.history_weight,
            "exponent": self.exponent,
            "ridge": self.ridge,
        }


# Chosen on data sets of unlike shapes, see docs/decisions/0210: what nothing in the data speaks against.
DEFAULT = Settings(popularity=0.35, history_weight=0.5, exponent=0.25, ridge=3.0)


def given(run: RunInputs) -> Settings:
    """The default, with what the input says in its place; explicit feedback has neither block nor popularity term."""
    found = DEFAULT
    if run.request["popularity"] is not None:
        found = replace(found, popularity=float(run.request["popularity"]))
    if run.request["history_weight"] is not None:
        found = replace(found, history_weight=float(run.request["history_weight"]))
    if run.explicit:
        found = replace(found, popularity=0.0)
    return found if run.history_rank else replace(found, history_weight=0.0)


def of_metrics(metrics: Metrics) -> Settings:
    """Those that the first extraction of the run has chosen."""
    return Settings(**metrics["settings"]["chosen"])
