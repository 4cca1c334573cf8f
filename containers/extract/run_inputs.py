"""What this run is: plan.json and summary.json, read and held against each other."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from containers.extract.parameters import Shape
from containers.feature_space import FeatureSpace
from containers.job_paths import JobPaths
from contract import run_plan
from contract.hold_out import RANDOM
from contract.list_rules import ListRules


class RunInputError(ValueError):
    """plan.json, summary.json, training.json or metrics.json is missing, or what the job is told cannot be."""


@dataclass(frozen=True)
class RunInputs:
    """The run's plan (contract.run_plan.Plan) and prepare's summary, and the numbers that follow from both."""

    plan: dict[str, Any]
    summary: dict[str, Any]

    @property
    def run_id(self) -> str:
        return str(self.plan["run_id"])

    @property
    def request(self) -> dict[str, Any]:
        """Every field of contract.run_request."""
        return dict(self.plan["request"])

    @property
    def champion(self) -> dict[str, Any] | None:
        """The version that was published when the run was planned: version, latest_time, hold_out, fault, measured."""
        champion: dict[str, Any] | None = self.plan["champion"]
        return champion

    @property
    def users(self) -> int:
        return int(self.summary["users"])

    @property
    def items(self) -> int:
        return int(self.summary["items"])

    @property
    def space(self) -> FeatureSpace:
        features = int(self.summary["feature_dim"]) - self.users - self.items
        return FeatureSpace(self.users, self.items, features)

    @property
    def top_x(self) -> int:
        return int(self.request["top_x"])

    @property
    def servable(self) -> int:
        """How many items lists may hold."""
        return int(self.summary["servable"])

    @property
    def rules(self) -> ListRules:
        return ListRules.of(self.request["rules"])

    @property
    def default_by(self) -> str | None:
        """The user feature by whose values there are lists for unknown users."""
        users: dict[str, Any] = self.plan["dataset"].get("users", {})
        return users.get("default_by")

    @property
    def exclude_seen(self) -> bool:
        """Whether lists leave out anything for having been seen."""
        return bool(self.request["exclude_seen"])

    @property
    def explicit(self) -> bool:
        return bool(self.request["feedback"] == "explicit")

    @property
    def refits(self) -> bool:
        """Whether a second model, trained on everything, is published in place of the one that is measured."""
        return run_plan.refits(self.summary)

    @property
    def holds_out_at_random(self) -> bool:
        """Whether what is held out is not the latest."""
        return bool(self.summary["hold_out"]["kind"] == RANDOM)

    @property
    def popularity_weight(self) -> float:
        """Only sampled negatives push popular items down, and explicit feedback has none."""
        return 0.0 if self.explicit else float(self.request["popularity"])

    @property
    def neighbours(self) -> int:
        """The k of the k-NN job, as lambdas.plan_training derives it too."""
        return run_plan.neighbour_count(
            self.servable, self.top_x, int(self.summary["seen_p95"]), exclude_seen=self.exclude_seen
        )

    @property
    def shape(self) -> Shape:
        """The model that the training job was asked for."""
        predictor = run_plan.recipe(self.request["feedback"])["predictor_type"]
        return Shape(self.space.dimension, int(self.request["factors"]), predictor)


def read_metrics(paths: JobPaths) -> dict[str, Any]:
    """metrics.json, which an earlier extraction of the run has written.

    Raises:
        RunInputError: it is missing or no JSON.
    """
    return _object(paths.processing_input("evaluation") / "metrics.json")


def read_run(paths: JobPaths) -> RunInputs:
    """Read both files.

    Raises:
        RunInputError: a file is missing or no JSON, or prepare did not finish the data.
    """
    run = RunInputs(*(_object(paths.processing_input(name) / f"{name}.json") for name in ("plan", "summary")))
    status = run.summary.get("status")
    if status != "ready":
        raise RunInputError(f"summary.json says status {status!r}; vectors are made only of data that is 'ready'")
    described = sum(field["cardinality"] for side in run.summary["features"].values() for field in side)
    if run.users < 1 or run.items < 1 or run.space.features != described:
        raise RunInputError(
            "summary.json: feature_dim must be users + items + the side features' values, got "
            f"{run.summary['feature_dim']} for {run.users} users, {run.items} items and {described} values"
        )
    return run


def read_training(paths: JobPaths) -> dict[str, Any]:
    """training.json: the loss by epoch of the model that is measured, as lambdas.read_training_log wrote it.

    Raises:
        RunInputError: it is missing or no JSON.
    """
    return _object(paths.processing_input("evaluation") / "training.json")


def _object(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise RunInputError(f"{file.name} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise RunInputError(f"{file.name} must be a JSON object, got {str(content)[:100]}")
    return content
