"""A run's validated input, as in plan.json and outcome.json: each field of contract.run_request.FIELDS."""

from typing import Literal, TypedDict


class ByFeature(TypedDict):
    """Every item with one of ``values`` of the item feature ``column``."""

    column: str
    values: list[str | int]


class MostPerCategory(TypedDict):
    """At most ``most`` items of each value of the item feature ``column`` in a list."""

    column: str
    most: int


class SeenWithin(TypedDict):
    """The user's items of the last ``days`` days before the data's latest interaction."""

    days: int


Selected = list[str | int | ByFeature]
ExcludeSeen = bool | SeenWithin


class Rules(TypedDict, total=False):
    """The rules of rules.json and of the input; null removes a rule (contract.list_rules)."""

    exclude: Selected | None
    only: Selected | None
    most_per_category: MostPerCategory | None
    exclude_seen: ExcludeSeen | None


class GateFactors(TypedDict):
    """By rule, the least ratio to the other's NDCG@10 (contract.quality_gate)."""

    baseline: float
    champion: float


Gate = GateFactors | Literal["off"]


class _Fields(TypedDict):
    """The fields that the input and the documents made from it have in common; FIELDS has ranges and meanings."""

    top_x: int
    factors: int
    epochs: int | None
    feedback: str
    hyperparameters: dict[str, str | float | bool]
    popularity: float | None
    history_rank: int | None
    history_weight: float | None
    scores: str
    index_type: str
    exclude_seen: ExcludeSeen
    rules: Rules
    gate: Gate
    refit: bool | None
    force: bool
    newest_within_days: int | None  # days
    dry_run: bool
    seed: int
    prepare_instance_count: int
    training_instance_count: int
    index_instance_type: str
    transform_instance_type: str
    transform_instance_count: int
    spot: bool


class Request(_Fields):
    """Every field with its value; if one of these is None, it is chosen by the size of the interactions."""

    prepare_engine: str | None
    prepare_instance_type: str | None
    training_instance_type: str | None
    extract_instance_type: str | None


class SizedRequest(_Fields):
    """The same with prepare's engine and all instance types chosen (workflow.instance_sizes.sized)."""

    prepare_engine: str
    prepare_instance_type: str
    training_instance_type: str
    extract_instance_type: str


class InstanceTypes(TypedDict, total=False):
    """The instance types chosen where the input has null."""

    prepare_instance_type: str
    training_instance_type: str
    extract_instance_type: str
