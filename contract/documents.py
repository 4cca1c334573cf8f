"""The documents of a run, one type each: who writes one and who reads it are held to the same fields.

Here are plan and summary; request_document.py, measured_documents.py and outcome_documents.py have the others.

The keys under which they are kept are contract.run_layout's. What is read from the bucket is checked as it is used: a
field that is missing raises DamagedObject (contract.stored_object).
"""

from typing import Literal, NotRequired, TypedDict

from contract.dataset_document import DatasetDocument
from contract.forgotten_users import ForgottenNote
from contract.request_document import InstanceTypes, Request
from contract.stage_fragments import Stages

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


class InstanceChoice(TypedDict):
    """Instance types by field of the input, where it has null, and why these (workflow.instance_sizes).

    ``prepare_engine`` is that of the input, or what is taken where it has null.
    """

    types: InstanceTypes
    prepare_engine: str
    because: str


class Code(TypedDict):
    """What is deployed: the version of the sources, and the images' URIs by what they are for."""

    version: str
    images: dict[str, str]


class Plan(TypedDict):
    """plan.json, by "Plan the run". ``request`` has ``rules`` and ``exclude_seen`` as they hold with rules.json."""

    run_id: str
    execution: Execution
    request: Request
    dataset: DatasetDocument
    input: dict[str, list[ObjectVersion]]  # by objects, items, users, rules
    champion: ChampionNote | None  # None before anything is published
    forgotten: ForgottenNote  # whose rows prepare leaves out
    code: Code
    unchanged: PublishedAlready | None  # None where there is something new, or the run is forced
    keep_versions: int
    instances: InstanceChoice
    quotas: NotRequired[str]  # what is known of them (lambdas.planning.quotas); older plans say nothing
    stages: Stages  # made by lambdas.planning.run_stages


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


class Columns(TypedDict):
    """The columns of a side feature: from ``first`` on, one for each of ``values``."""

    first: int
    values: list[str]
    edges: NotRequired[list[float]]  # of a number: between its intervals


class FeatureColumns(FieldSummary, Columns):
    """A side feature in index/features.json."""


class Content(TypedDict):
    """A file's size in bytes, and the SHA-256 of them."""

    size: int
    sha256: str


class UnknownNames(TypedDict):
    """The ids or values of a rule that the data does not know: how many, and the first of them."""

    count: int
    examples: list[str]


class RulesSummary(TypedDict):
    """What became of the rules."""

    unknown: dict[str, UnknownNames]  # by rule


class TimeFormat(TypedDict):
    """How times are read (contract.timestamp_format), and how that was decided, in words."""

    format: str
    decided: str


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
    rules: RulesSummary
    interactions: int
    earliest_time: float | None
    latest_time: float | None
    time_format: TimeFormat | None
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
