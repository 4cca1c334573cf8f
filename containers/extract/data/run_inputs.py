"""Reads this run's plan.json and summary.json, and compares them with each other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from containers.contents import sha256
from containers.extract.model.parameters import Shape
from containers.feature_space import FeatureSpace
from contract import run_plan
from contract.documents import ChampionNote, Plan, Summary
from contract.hold_out import RANDOM
from contract.list_rules import ListRules
from contract.measured_documents import Metrics, TrainingLosses
from contract.request_document import Request
from contract.stored_object import parse_json
from sagemaker_contract.job_paths import JobPaths

_SIZES = ("users", "items", "servable", "interactions", "feature_dim", "seen_p95")


class RunInputError(ValueError):
    """plan.json, summary.json, training.json or metrics.json is missing, or the job's settings are invalid."""


@dataclass(frozen=True)
class RunInputs:
    """The run's plan and prepare's summary, and numbers derived from both."""

    plan: Plan
    summary: Summary

    @property
    def run_id(self) -> str:
        return self.plan["run_id"]

    @property
    def request(self) -> Request:
        return self.plan["request"]

    @property
    def champion(self) -> ChampionNote | None:
        """The version that was current when the run was planned."""
        return self.plan["champion"]

    @property
    def users(self) -> int:
        return self.summary["users"]

    @property
    def items(self) -> int:
        return self.summary["items"]

    @property
    def space(self) -> FeatureSpace:
        features = self.summary["feature_dim"] - self.users - self.items
        return FeatureSpace(self.users, self.items, features)

    @property
    def top_x(self) -> int:
        return int(self.request["top_x"])

    @property
    def servable(self) -> int:
        """How many items lists may contain."""
        return self.summary["servable"]

    @property
    def warnings(self) -> list[str]:
        """Prepare's warnings about the data."""
        return self.summary["warnings"]

    @property
    def rules(self) -> ListRules:
        return ListRules.of(self.request["rules"])

    @property
    def default_by(self) -> str | None:
        """The user feature for whose values there are separate default lists."""
        users = self.plan["dataset"].get("users")
        return users.get("default_by") if users else None

    @property
    def exclude_seen(self) -> bool:
        """Whether lists leave out any items as seen."""
        return bool(self.request["exclude_seen"])

    @property
    def epochs(self) -> int:
        """Passes of each training over its files."""
        return int(self.request["epochs"] or self._recipe["epochs"])

    @property
    def explicit(self) -> bool:
        return bool(self.request["feedback"] == "explicit")

    @property
    def refits(self) -> bool:
        """Whether a second model, trained on everything, is published instead of the measured one."""
        return run_plan.refits(self.summary)

    @property
    def history_rank(self) -> int:
        """The columns of the history block, derived as in lambdas.handlers.plan_training; 0 without one."""
        return run_plan.history_rank(self.request, self.summary)

    @property
    def holds_out_at_random(self) -> bool:
        """Whether the held-out interactions are random, not the latest."""
        return self.summary["hold_out"]["kind"] == RANDOM

    @property
    def neighbours(self) -> int:
        """The k of the k-NN job, derived as in lambdas.handlers.plan_training."""
        return run_plan.neighbour_count(
            self.servable, self.top_x, self.summary["seen_p95"], exclude_seen=self.exclude_seen
        )

    @property
    def index_files(self) -> dict[str, str]:
        """The SHA-256 of each file of the index, by name, as written by prepare."""
        return {name: found["sha256"] for name, found in self.summary["index"].items()}

    @property
    def shape(self) -> Shape:
        """The shape of the model that the training job was asked for."""
        return Shape(self.space.dimension, int(self.request["factors"]), self._recipe["predictor_type"])

    @property
    def _recipe(self) -> dict[str, str]:
        return run_plan.recipe(self.request["feedback"], self.summary["interactions"])


def read_metrics(paths: JobPaths, metrics_sha256: str | None) -> Metrics:
    """metrics.json, written by an earlier extraction of the run.

    Args:
        metrics_sha256: the SHA-256 of the one that the gate checked.

    Raises:
        RunInputError: if it is missing, or a different one.
        DamagedObject: if it is not JSON.
    """
    file = paths.processing_input("evaluation") / "metrics.json"
    found: Metrics = _object(file)
    if sha256(file) != metrics_sha256:
        raise RunInputError(
            f"metrics.json must have the SHA-256 {metrics_sha256} of the one that the gate checked, got "
            f"{sha256(file)}: it was edited or overwritten since; start another run"
        )
    return found


def read_run(paths: JobPaths) -> RunInputs:
    """Read both files.

    Raises:
        RunInputError: if a file is missing, the data was refused, or its sizes are impossible.
        DamagedObject: if a file is not JSON, or lacks a field.
    """
    run = RunInputs(*(_object(paths.processing_input(name) / f"{name}.json") for name in ("plan", "summary")))
    status = run.summary.get("status")
    if status != "ready":
        raise RunInputError(f"summary.json has status {status!r}; vectors are made only of data that is 'ready'")
    for name in _SIZES:
        value = cast("dict[str, object]", run.summary)[name]
        if type(value) is not int:
            raise RunInputError(f"summary.json: {name} must be a whole number, got {value!r}")
    described = sum(field["cardinality"] for side in run.summary["features"].values() for field in side)
    if run.users < 1 or run.items < 1 or run.space.features != described:
        raise RunInputError(
            "summary.json: feature_dim must be users + items + the side features' values, got "
            f"{run.summary['feature_dim']} for {run.users} users, {run.items} items and {described} values"
        )
    return run


def read_training(paths: JobPaths, name: str = "training") -> TrainingLosses:
    """training.json: the loss of each epoch of the measured model, as written by
    lambdas.handlers.read_training_log.

    Args:
        name: ``refit_training`` for the model trained on everything.

    Raises:
        RunInputError: if it is missing.
        DamagedObject: if it is not JSON.
    """
    found: TrainingLosses = _object(paths.processing_input("evaluation") / f"{name}.json")
    return found


def _object(file: Path) -> Any:
    try:
        body = file.read_bytes()
    except OSError as error:
        raise RunInputError(f"{file.name} cannot be read: {error}") from error
    return parse_json(body, file.name)
