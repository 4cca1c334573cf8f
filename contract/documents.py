"""The documents of a run, one type each, shared by the code that writes them and the code that reads them.

This module has plan and summary; request_document.py, measured_documents.py and outcome_documents.py have the others.

Their keys are in contract.run_layout. Documents read from the bucket are validated as they are used: a missing field
raises DamagedObject (contract.stored_object).
"""

from typing import Literal, NotRequired, TypedDict

from contract.dataset_document import DatasetDocument
from contract.forgotten_users import ForgottenNote
from contract.request_document import InstanceTypes, Request
from contract.stage_fragments import Stages

Means = dict[str, float]
"""The metrics of a ranking, by name: ndcg@10, recall@20, ... (containers/extract/evaluation/metrics.py)."""


class ObjectSize(TypedDict):
    """An object in the bucket; ``size`` is in bytes."""

    key: str
    size: int


class Execution(TypedDict):
    """The run's execution."""

    arn: str
    started: str  # ISO 8601


class ObjectVersion(TypedDict):
    """An input object as it was when the run was planned."""

    key: str
    size: int
    etag: str


class ChampionNote(TypedDict):
    """What a plan records about the version that is current while the run is made (lambdas.planning.champion)."""

    version: str
    latest_time: float | None  # epoch seconds
    hold_out: str | None  # kind of contract.hold_out
    fault: str | None  # why it cannot be compared with the new model
    measured: bool  # whether its lists for comparison are those of the measured model, not those that readers get


class PublishedAlready(TypedDict):
    """The published version that the run would only repeat (lambdas.planning.published_already)."""

    version: str
    published_at: str  # ISO 8601
    latest_interaction: str | None  # ISO 8601; None if the data has no times


class InstanceChoice(TypedDict):
    """The instance types chosen for the fields that the input leaves null, and why (workflow.instance_sizes).

    ``prepare_engine`` is the input's, or the one chosen if that is null.
    """

    types: InstanceTypes
    prepare_engine: str
    because: str


class Code(TypedDict):
    """What is deployed: the version of the sources, and the URI of each image by its purpose."""

    version: str
    images: dict[str, str]


class Plan(TypedDict):
    """plan.json, by "Plan the run". ``request`` has the effective ``rules`` and ``exclude_seen``, with rules.json
    applied.
    """

    run_id: str
    execution: Execution
    request: Request
    dataset: DatasetDocument
    input: dict[str, list[ObjectVersion]]  # by kind: objects, items, users, rules
    champion: ChampionNote | None  # None before anything is published
    forgotten: ForgottenNote  # prepare leaves out their rows
    code: Code
    unchanged: PublishedAlready | None  # None if there is something new, or if the run is forced
    keep_versions: int
    instances: InstanceChoice
    quotas: NotRequired[str]  # what is known about them (lambdas.planning.quotas); missing in older plans
    stages: Stages  # made by lambdas.planning.job_requests


class Rows(TypedDict):
    """How many of the rows read were kept, and what happened to the others."""

    read: int
    forgotten: NotRequired[int]  # rows of forgotten users, if there are any
    filtered: NotRequired[int]  # excluded by ``where`` of dataset.json, if it is set
    rejected: int
    duplicates: int
    interactions: int


class FileRows(TypedDict):
    """The same counts for one file."""

    file: str
    rows: int
    rejected: int


class HoldOut(TypedDict):
    """How the held-out interactions were chosen, from which the metrics are computed (contract.hold_out)."""

    kind: str
    because: str | None
    tied_users: int


class TrainingFiles(TypedDict):
    """A channel of training files; all 0 if there is no such channel."""

    pairs: int
    examples: int
    files: int


class Users(TypedDict):
    """The interactions of a set of users."""

    users: int
    pairs: int


class FieldSummary(TypedDict):
    """One side feature; ``missing`` is the share of users or items without a value."""

    column: str
    type: str
    cardinality: int
    missing: float
    invalid: int


class Columns(TypedDict):
    """The columns of a side feature: from ``first`` on, one column for each of ``values``."""

    first: int
    values: list[str]
    edges: NotRequired[list[float]]  # of a numeric feature: the boundaries of its intervals


class FeatureColumns(FieldSummary, Columns):
    """A side feature in index/features.json."""


class Content(TypedDict):
    """The size of a file in bytes, and its SHA-256."""

    size: int
    sha256: str


class UnknownNames(TypedDict):
    """The ids or values that a rule names but the data lacks: how many, and the first few."""

    count: int
    examples: list[str]


class RulesSummary(TypedDict):
    """The effect of the rules on the data."""

    unknown: dict[str, UnknownNames]  # by rule


class TimeFormat(TypedDict):
    """How times are read (contract.timestamp_format), and how that was decided, as text."""

    format: str
    decided: str


class RefusedSummary(TypedDict):
    """summary.json of data that was refused, by "Prepare training data"."""

    status: Literal["refused"]
    reasons: list[str]
    rows: Rows
    rejected_by_reason: dict[str, int]
    files: list[FileRows]


class TimeSpan(TypedDict):
    """The times of the earliest and the latest interaction in epoch seconds; None if the data has no times."""

    earliest_time: float | None
    latest_time: float | None
    time_format: TimeFormat | None


class Summary(TimeSpan):
    """summary.json of prepared data (containers/prepare/writing/summary.py explains each number)."""

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
    hold_out: HoldOut
    training: TrainingFiles
    held_out: Users
    choosing: Users
    test: dict[str, int]  # number of examples, files
    refit: TrainingFiles
    unseen: dict[str, int]  # by users, items
    feature_dim: int
    seen_p95: int
    longest_id_bytes: dict[str, int]  # by user, item
    item_id_bytes: int  # sum over all items
    side_rows: dict[str, dict[str, int]]  # by side: rows, rejected
    content: dict[str, Content]  # by key
    index: dict[str, Content]  # by name
    features: dict[str, list[FieldSummary]]  # by side
