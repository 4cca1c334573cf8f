"""Every prefix and key in the bucket, and every folder a container reads or writes."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

INPUT_PREFIX = "input/"
DATASET_KEY = "input/dataset.json"
RULES_KEY = "input/rules.json"
INTERACTIONS_PREFIX = "input/interactions/"
ITEMS_PREFIX = "input/items/"
USERS_PREFIX = "input/users/"
SCRATCH_PREFIX = "scratch/"
RUNS_PREFIX = "runs/"
# The records of what was erased of forgotten users, one document each.
ERASURES_PREFIX = "erasures/"
# A small object for each run whose models were deleted, so that a run checks only a few earlier ones.
MODELS_CHECKED_PREFIX = "swept/"

RUN_ID = re.compile(r"\d{8}t\d{9}-[0-9a-f]{6}")

PROCESSING_ROOT = "/opt/ml/processing"


def input_folder(name: str) -> str:
    """Where a processing container finds its input called ``name``."""
    return f"{PROCESSING_ROOT}/input/{name}"


def output_folder(name: str) -> str:
    """Where a processing container writes its output called ``name``."""
    return f"{PROCESSING_ROOT}/output/{name}"


def run_id_of(execution_arn: str, started: str) -> str:
    """The run's id: start time to the millisecond, and six characters of a hash of the execution's ARN.

    A retried or redriven planning state computes the same id. Ids sort by time.

    Args:
        execution_arn: ``$$.Execution.Id``.
        started: ``$$.Execution.StartTime``, ISO 8601.

    >>> run_id_of("arn:aws:states:eu-west-1:1:execution:topx:a", "2026-11-23T03:00:00.120Z")
    '20261123t030000120-a9711f'
    """
    moment = datetime.fromisoformat(started.replace("Z", "+00:00")).astimezone(UTC)
    digest = hashlib.sha256(execution_arn.encode()).hexdigest()[:6]
    return f"{moment:%Y%m%dt%H%M%S}{moment.microsecond // 1000:03d}-{digest}"


def started_at(run_id: str) -> datetime:
    """When the run with this id started, to the millisecond.

    >>> started_at("20261123t030000120-a9711f").isoformat()
    '2026-11-23T03:00:00.120000+00:00'
    """
    time, _ = run_id.split("-")
    return datetime.strptime(f"{time}000", "%Y%m%dt%H%M%S%f").replace(tzinfo=UTC)


def job_names(stage: str) -> str:
    """The prefix of the names of a stage's jobs and models, the same for all runs.

    >>> job_names("fm")
    'topx-fm-'
    """
    return f"topx-{stage}-"


def job_base(stage: str, run_id: str) -> str:
    """The prefix of the names of a run's jobs and models: at most 26 characters, so the time is to the minute.

    A state appends ``-`` and a UUID, so a name is never reused, and never longer than 63 characters.

    >>> job_base("fm", "20261123t030000120-a9711f")
    'topx-fm-261123t0300-a9711f'
    """
    time, digest = run_id.split("-")
    return f"{job_names(stage)}{time[2:13]}-{digest}"


def erasure(hashed: str) -> str:
    """The key of the record of what was erased of a user, by the user's hash."""
    return f"{ERASURES_PREFIX}{hashed}.json"


@dataclass(frozen=True)
class RunLayout:
    """The keys of one run in one bucket. Folders end in a slash, objects do not."""

    bucket: str
    run_id: str

    def uri(self, key: str) -> str:
        """``key`` as an S3 URI."""
        return f"s3://{self.bucket}/{key}"

    # Permanent.
    @property
    def run(self) -> str:
        return f"{RUNS_PREFIX}{self.run_id}/"

    @property
    def plan(self) -> str:
        return f"{self.run}plan.json"

    @property
    def summary(self) -> str:
        return f"{self.run}summary.json"

    @property
    def rejected(self) -> str:
        return f"{self.run}rejected/"

    @property
    def manifest(self) -> str:
        return f"{self.run}parts.json"

    @property
    def item_ids(self) -> str:
        return f"{self.run}item_ids.jsonl.gz"

    @property
    def item_titles(self) -> str:
        """A line for each item with a title, {"item", "title"}; absent if no item has one."""
        return f"{self.run}item_titles.jsonl.gz"

    @property
    def parts(self) -> str:
        return f"{self.run}parts/"

    def part(self, name: str) -> str:
        return f"{self.parts}{name}.jsonl.gz"

    @property
    def default_lists(self) -> str:
        return f"{self.run}default_lists.json"

    @property
    def evaluation(self) -> str:
        return f"{self.run}evaluation/"

    @property
    def training(self) -> str:
        return f"{self.evaluation}training.json"

    @property
    def refit_training(self) -> str:
        """The loss of each epoch of the second training, on everything."""
        return f"{self.evaluation}refit_training.json"

    @property
    def metrics(self) -> str:
        return f"{self.evaluation}metrics.json"

    @property
    def evaluated_lists(self) -> str:
        return f"{self.run}evaluation/lists/"

    @property
    def examples(self) -> str:
        return f"{self.evaluation}examples.json"

    @property
    def report(self) -> str:
        return f"{self.evaluation}report.html"

    @property
    def receipts(self) -> str:
        return f"{self.run}loaded/"

    def receipt(self, name: str) -> str:
        return f"{self.receipts}{name}.json"

    @property
    def published_lists(self) -> str:
        return f"{self.run}recommendations/"

    def recommendations(self, name: str) -> str:
        return f"{self.published_lists}{name}.jsonl.gz"

    @property
    def retirement(self) -> str:
        return f"{self.run}retirement.json"

    @property
    def lists_left(self) -> str:
        """What could not be deleted when this version was retired, by part."""
        return f"{self.run}untidied/"

    def lists_left_of(self, name: str) -> str:
        return f"{self.lists_left}{name}.json"

    @property
    def outcome(self) -> str:
        return f"{self.run}outcome.json"

    @property
    def outcome_folder(self) -> str:
        return f"{self.run}outcome/"

    @property
    def facts(self) -> str:
        return f"{self.outcome_folder}facts.json"

    @property
    def outcome_page(self) -> str:
        return f"{self.outcome_folder}outcome.html"

    @property
    def registered_model(self) -> str:
        """k-NN's artifact, kept for the model package in the Model Registry."""
        return f"{self.run}model.tar.gz"

    @property
    def models_checked(self) -> str:
        return f"{MODELS_CHECKED_PREFIX}{self.run_id}"

    # Expires by a lifecycle rule.
    @property
    def scratch(self) -> str:
        return f"{SCRATCH_PREFIX}{self.run_id}/"

    @property
    def forgotten(self) -> str:
        """The users whose rows are left out; absent if no user was forgotten."""
        return f"{self.scratch}forgotten.json"

    @property
    def prepared(self) -> str:
        return f"{self.scratch}prepared/"

    @property
    def train(self) -> str:
        return f"{self.prepared}train/"

    @property
    def test(self) -> str:
        return f"{self.prepared}test/"

    @property
    def refit(self) -> str:
        return f"{self.prepared}refit/"

    @property
    def index(self) -> str:
        return f"{self.prepared}index/"

    @property
    def items(self) -> str:
        return f"{self.index}items.parquet"

    @property
    def fm_output(self) -> str:
        return f"{self.scratch}fm/"

    @property
    def vectors(self) -> str:
        return f"{self.scratch}vectors/"

    @property
    def item_vectors(self) -> str:
        return f"{self.vectors}items/"

    @property
    def user_vectors(self) -> str:
        return f"{self.vectors}users/"

    @property
    def proofs(self) -> str:
        return f"{self.vectors}proofs/"

    @property
    def item_proofs(self) -> str:
        """The item rows with which the loader checks lists."""
        return f"{self.proofs}items.f32"

    def row_proofs(self, name: str) -> str:
        """The user rows of a part with which the loader checks lists."""
        return f"{self.proofs}{name}.f32"

    @property
    def explanation(self) -> str:
        """What is needed to explain a score (contract/explanation_file.py)."""
        return f"{self.vectors}explanation.npz"

    @property
    def knn_output(self) -> str:
        return f"{self.scratch}knn/"

    @property
    def neighbours(self) -> str:
        return f"{self.scratch}neighbours/"
