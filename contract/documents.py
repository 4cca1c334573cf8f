"""The documents of a run, one type each: who writes one and who reads it are held to the same fields.

The keys under which they are kept are contract.run_layout's. What is read from the bucket is checked as it is used: a
field that is missing raises DamagedObject (contract.stored_object).
"""

from typing import Any, Literal, NotRequired, TypedDict

from contract.forgotten_users import ForgottenNote

Request = dict[str, Any]
"""Every field of contract.run_request.FIELDS, which checks them."""

Means = dict[str, float]
"""A ranking's metrics, by name: ndcg@10, recall@20, ... (containers/extract/evaluation/metrics.py)."""


class Execution(TypedDict):
    """The execution that a run is."""

    arn: str
    started: str  # ISO 8601


class ObjectVersion(TypedDict):
    """An object of the input as it was when the run was planned."""

    key: str
    size: int
    etag: str


class ChampionNote(TypedDict):
    """What a plan says of the version that is published while it is made (lambdas.planning.champion)."""

    version: str
    latest_time: float | None  # epoch seconds
    hold_out: str | None  # contract.hold_out, the kind
    fault: str | None  # why it cannot be compared with
    measured: bool  # whether the lists to judge beside are the measured model's, and not those that readers get


class PublishedAlready(TypedDict):
    """The published version that a run would only make again (lambdas.planning.published_already)."""

    version: str
    published_at: str  # ISO 8601
    latest_interaction: str | None  # likewise; None where the data has no times


class Plan(TypedDict):
    """plan.json, by "Plan the run". ``request`` has ``rules`` and ``exclude_seen`` as they hold with rules.json."""

    run_id: str
    execution: Execution
    request: Request
    dataset: dict[str, Any]  # dataset.json
    input: dict[str, list[ObjectVersion]]  # by objects, items, users, rules
    champion: ChampionNote | None  # None before anything is published
    forgotten: ForgottenNote  # whose rows prepare leaves out
    code: dict[str, Any]  # what is deployed: the sources' version and the images
    unchanged: PublishedAlready | None  # None where there is something new, or the run is forced
    keep_versions: int
    quotas: NotRequired[str]  # what is known of them (lambdas.planning.quotas); older plans say nothing
    stages: dict[str, Any]  # fragments of SageMaker requests (lambdas.planning.run_stages)


class Rows(TypedDict):
    """What became of the rows that were read."""

    read: int
    forgotten: NotRequired[int]  # of users who were forgotten, where anybody was
    filtered: NotRequired[int]  # left out by ``where`` of dataset.json, where it has one
    rejected: int
    duplicates: int
    interactions: int


class FileRows(TypedDict):
    """The same of one file."""

    file: str
    rows: int
    rejected: int


class HoldOut(TypedDict):
    """How that was chosen which the metrics are of (contract.hold_out)."""

    kind: str
    because: str | None
    tied_users: int


class TrainingFiles(TypedDict):
    """A channel of training files; all 0 where it is not wanted."""

    pairs: int
    examples: int
    files: int


class Users(TypedDict):
    """Interactions of some users."""

    users: int
    pairs: int


class FieldSummary(TypedDict):
    """A side feature in a line; ``missing`` is the share of users or items without a value."""

    column: str
    type: str
    cardinality: int
    missing: float
    invalid: int


class Content(TypedDict):
    """A file's size in bytes, and the SHA-256 of them."""

    size: int
    sha256: str


class RefusedSummary(TypedDict):
    """summary.json of data that cannot be used, by "Prepare training data"."""

    status: Literal["refused"]
    reasons: list[str]
    rows: Rows
    rejected_by_reason: dict[str, int]
    files: list[FileRows]


class Summary(TypedDict):
    """summary.json of prepared data (containers/prepare/writing/summary.py says what each number is)."""

    status: Literal["ready"]
    reasons: list[str]
    warnings: list[str]
    rows: Rows
    rejected_by_reason: dict[str, int]
    rejected_for_now: int
    files: list[FileRows]
    trimmed: dict[str, int]
    users: int
    items: int
    servable: int
    rules: dict[str, Any]
    interactions: int
    earliest_time: float | None
    latest_time: float | None
    time_format: dict[str, str] | None
    hold_out: HoldOut
    training: TrainingFiles
    held_out: Users
    choosing: Users
    test: dict[str, int]  # examples, files
    refit: TrainingFiles
    unseen: dict[str, int]  # by users, items
    feature_dim: int
    seen_p95: int
    longest_id_bytes: dict[str, int]  # by user, item
    item_id_bytes: int  # of all items' ids together
    side_rows: dict[str, dict[str, int]]  # by side: rows, rejected
    content: dict[str, Content]  # by key
    index: dict[str, Content]  # by name
    features: dict[str, list[FieldSummary]]  # by side


class Ndcg(TypedDict):
    """The mean NDCG@10 of some users' lists, and the 95 % interval of the model's less most-popular's."""

    users: int
    model: float
    most_popular: float
    difference_interval: tuple[float, float]


class Band(Ndcg):
    """Of the users who have from ``fewest`` to ``most`` training interactions."""

    band: str
    fewest: int
    most: int


# Not a class, for its last name.
Breakdown = TypedDict(
    "Breakdown",
    {
        "bands": list[Band],
        "tail": Ndcg | None,  # of the users with a held-out item outside the head
        "coverage@100": dict[str, float],  # by ranking
    },
)
"""What a mean over all users hides (containers/extract/evaluation/breakdown.py)."""


class Judgement(TypedDict):
    """The model beside most-popular and the champion, on what is held out; None where nothing is."""

    model: Means | None
    most_popular: Means | None
    difference: Means | None
    intervals: dict[str, dict[str, tuple[float, float]]] | None  # 95 %, by ranking and metric
    ratio: dict[str, Any] | None  # value and interval of the model's NDCG@10 over most-popular's
    users: int
    held_out: int
    head_items: int  # how many items the metrics call the most popular ones
    champion: dict[str, Any]  # containers.extract.evaluation.champion.BesideChampion
    breakdown: Breakdown | None


class DialCurve(TypedDict):
    """What each weight of popularity would give, for ``dial_users`` users (containers/extract/evaluation/dial.py)."""

    dial: list[dict[str, float]]
    dial_users: int
    dial_most_popular: dict[str, float] | None


class Metrics(Judgement, DialCurve):
    """metrics.json, by "Extract vectors"."""

    settings: dict[str, Any]  # containers.extract.evaluation.choosing.Choice
    hold_out: HoldOut


class EpochLoss(TypedDict):
    """``loss`` is None where it is no finite number."""

    epoch: int
    loss: float | None


class TrainingLosses(TypedDict):
    """training.json and refit_training.json, by "Read training log" and "Read refit log"."""

    job: str
    metric: str | None
    asked: int
    complete: bool
    epochs: list[EpochLoss]
    untrained_loss: float | None
    test_loss: float | None


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

    value: Any  # the input's field
    passed: bool
    cause: str


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
    code: dict[str, Any]
    hyperparameters: dict[str, Any]
    seeds: dict[str, int]
    request: Request
    times: dict[str, Any]
    metrics: dict[str, Means | None]  # by model, most_popular
    hold_out: HoldOut
    trained_on: TrainedOn
    gate: GateVerdict
    rules: dict[str, Any]
    short: int
    short_because: dict[str, int]
    empty: int
    warnings: list[str]
    report: str
    model_package: NotRequired[str | None]  # its ARN, by "Register version", where a group is named
