"""The documents that say what came of a run: outcome.json and facts.json."""

from typing import Literal, NotRequired, TypedDict

from contract.documents import Code, HoldOut, Means, RulesSummary
from contract.request_document import Gate, Request


class Bill(TypedDict):
    """A job of the run; seconds and cost are None where they are not known."""

    state: str
    kind: str
    name: str
    status: str
    instance_type: str
    instance_count: int
    seconds: float | None
    usd: float | None


class StateSeconds(TypedDict):
    """How long a run was in a state, over all visits."""

    name: str
    seconds: float
    visits: int
    failed_attempts: int


class TrainingSeconds(TypedDict):
    """How long SageMaker is expected to train (lambdas.planning.training_time says why there are two numbers)."""

    least: int
    most: int


class Cost(TypedDict):
    """The jobs' cost, of those of which it is known; ``without_price`` and ``without_time`` are of the others."""

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
    """How many interactions the model that the metrics are of has seen, and the published one.

    ``because`` says why that was trained again on everything, or was not.
    """

    measured: int
    published: int
    because: str


class GateVerdict(TypedDict):
    """What the gate was, and said."""

    value: Gate
    passed: bool
    cause: str


class Hyperparameters(TypedDict):
    """By training, as its job was sent them."""

    factorization_machines: dict[str, str]
    nearest_neighbours: dict[str, str]


class Times(TypedDict):
    """From when to when the interactions are, ISO 8601, and how their times were read; None where not known."""

    earliest: str | None
    latest: str | None
    format: str | None
    decided: str | None


class ServedRules(RulesSummary):
    """The rules, and how many items they leave."""

    servable: int


class Outcome(TypedDict):
    """outcome.json, by "Write outcome"; later states add to ``warnings``."""

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
    rules: ServedRules
    short: int
    short_because: dict[str, int]
    empty: int
    warnings: list[str]
    report: str
    model_package: NotRequired[str | None]  # its ARN, by "Register version", where a group is named
