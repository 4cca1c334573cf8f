"""The extractions of a run: of the measured model, and of one that is trained on everything afterwards."""

from collections.abc import Mapping
from enum import StrEnum

from containers.extract.data.run_inputs import RunInputError, RunInputs


class Pass(StrEnum):
    """Which of a run's extractions a job is, from the environment variable PASS."""

    EVALUATE = "evaluate"
    """Of the model trained without the held-out pairs: measures it, and publishes it if there will be no other."""
    PUBLISH = "publish"
    """Of the model trained on everything."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Pass":
        """This job's extraction.

        Raises:
            RunInputError: if PASS is missing or invalid.
        """
        try:
            return cls(environment.get("PASS", ""))
        except ValueError as error:
            given = environment.get("PASS")
            raise RunInputError(
                f"PASS must be one of {', '.join(cls)} in the job's Environment, got {given!r}"
            ) from error


def measured_model(run: RunInputs, which: Pass) -> str:
    """Which model the metrics are from, and which one the lists, for the page of that extraction."""
    measured, everything = run.summary["training"]["pairs"], run.summary["interactions"]
    if not run.refits:
        return (
            "These are metrics of the model that made these lists. It was not trained on the held-out interactions, "
            "and there is no second training, because the run's input turned it off."
        )
    of = (
        f"These are metrics of a model trained on {measured:,} of the {everything:,} interactions, without the held-out"
    )
    if which is Pass.PUBLISH:
        return (
            f"{of} ones. The lists here are those that are published, of a second model: trained the same way on all "
            "interactions, so that none is left to measure it by."
        )
    return (
        f"{of} ones, and so are the lists here. Once it has passed the gate, a second model is trained the same way on "
        "all interactions, and its lists are published."
    )
