"""The documents about how a run ended: outcome.json and facts.json."""

from typing import Literal, NotRequired, TypedDict

from contract.documents import Code, HoldOut, Means, RulesSummary
from contract.request_document import Gate, Request


class Bill(TypedDict):
    """A job of the run; seconds and cost are None if unknown."""

    state: str
    kind: str
    name: str
    status: str
    instance_type: str
    instance_count: int
    seconds: float | None
    usd: float | None


class StateSeconds(TypedDict):
    """The time a run spent in a state, over all visits."""

    name: str
    seconds: float
    visits: int
    failed_attempts: int


class TrainingSeconds(TypedDict):
    """How long SageMaker is expected to train (lambdas.planning.training_time explains why there are two numbers)."""

    least: int
    most: int


class Cost(TypedDict):
    """The total cost of the jobs with a known cost; ``without_price`` and ``without_time`` list the others."""

    usd: float
    region: str
    as_of: str
    without_price: list[str]  # instance types
    without_time: list[str]  # jobs


class Facts(TypedDict):
    """facts.json, by "Gather times and costs"."""

    execution: str
    seconds: float
    states: list[StateSeconds]
    jobs: list[Bill]
    expected: dict[str, TrainingSeconds]  # by state
    cost: Cost


class TrainedOn(TypedDict):
    """The number of interactions that the measured model and the published one were trained on.

    ``because`` says why the published model was, or was not, trained again on everything.
    """

    measured: int
    published: int
    because: str


class GateVerdict(TypedDict):
    """The gate and its verdict."""

    value: Gate
    passed: bool
    cause: str


class Hyperparameters(TypedDict):
    """The hyperparameters of each training job, as they were sent."""

    factorization_machines: dict[str, str]
    nearest_neighbours: dict[str, str]


class Times(TypedDict):
    """The earliest and latest interaction, ISO 8601, and how times were read; None if unknown."""

    earliest: str | None
    latest: str | None
    format: str | None
    decided: str | None


class EffectiveRules(RulesSummary):
    """The rules, and how many items they allow."""

    servable: int


class Outcome(TypedDict):
    """outcome.json, by "Write outcome"; later states append to ``warnings``."""

    status: Literal["published"]
    run_id: str
    version: str
    published_at: str
    users: int
    items: int
    interactions: int
    rejected: int
    filtered: int
    side_rows: dict[str, dict[str, int]]
    data_hash: str
    code: Code
    hyperparameters: Hyperparameters
    seeds: dict[str, int]
    request: Request
    times: Times
    metrics: dict[str, Means | None]  # by model, most_popular
    hold_out: HoldOut
    trained_on: TrainedOn
    gate: GateVerdict
    rules: EffectiveRules
    short: int
    short_because: dict[str, int]
    empty: int
    warnings: list[str]
    report: str
    model_package: NotRequired[str | None]  # its ARN, by "Register version", if a model package group is set
