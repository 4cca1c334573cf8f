"""One job: its folder, its record and the folder tree that its process uses as ``/opt/ml``."""

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs.endings import NAME_IN_USE, RequestInvalid

MESSAGE_LIMIT = 1024  # characters of a FailureReason or an ExitMessage that are kept


@dataclass(frozen=True)
class JobKind:
    """A kind of job as SageMaker's documents spell it, and the fields of those documents."""

    label: str
    resource: str
    word: str

    @property
    def name_field(self) -> str:
        return f"{self.label}JobName"

    @property
    def status_field(self) -> str:
        return f"{self.label}JobStatus"

    @property
    def arn_field(self) -> str:
        return f"{self.label}JobArn"


TRAINING = JobKind("Training", "training-job", "Training job")
PROCESSING = JobKind("Processing", "processing-job", "Processing job")
TRANSFORM = JobKind("Transform", "transform-job", "Transform job")


def read_record(path: Path) -> dict[str, Any]:
    """A record on disk; empty if there is none, or it was never complete."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def now_ms() -> int:
    """The current time, as in ``.sync`` results: milliseconds since 1970."""
    return int(time.time() * 1000)


@dataclass
class Job:
    """A job that has started. ``record`` is its Describe document, stored as ``job.json``."""

    kind: JobKind
    request: Mapping[str, Any]
    folder: Path
    record: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, home: EngineHome, kind: JobKind, request: Mapping[str, Any], arn_prefix: str, describable: set[str]
    ) -> "Job":
        """Reserve the job's name permanently, and write its first record.

        Args:
            home: of the engine.
            kind: the kind of job.
            request: the validated request.
            arn_prefix: ``arn:aws:sagemaker:REGION:ACCOUNT``.
            describable: the fields of its Describe document.

        Raises:
            RequestInvalid: if a job with this name exists or existed.
        """
        name = request[kind.name_field]
        folder = home.jobs / name
        arn = f"{arn_prefix}:{kind.resource}/{name.lower()}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            raise RequestInvalid(
                NAME_IN_USE,
                f"{kind.word} names must be unique within an AWS account and region, and a job with this name already "
                f"exists ({arn}) (Service: AmazonSageMaker; Status Code: 400; Error Code: ResourceInUse)",
            ) from None
        begun = now_ms()
        record = {name: value for name, value in request.items() if name in describable}
        record |= {kind.arn_field: arn, kind.status_field: "InProgress", "CreationTime": begun}
        record[f"{kind.label}StartTime"] = begun
        record["Tags"] = request.get("Tags", [])  # Step Functions includes the tags in its results
        if "LastModifiedTime" in describable:
            record["LastModifiedTime"] = begun
        job = cls(kind, request, folder, record)
        for part in ("tmp", "output"):
            (job.tree / part).mkdir(parents=True)
        job.log.touch()
        job.save()
        return job

    @property
    def name(self) -> str:
        return str(self.request[self.kind.name_field])

    @property
    def tree(self) -> Path:
        """Its ``/opt/ml``; deleted when the job has ended."""
        return self.folder / "ml"

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    def inside(self, path: str) -> Path:
        """The path in the tree of what the container calls ``path``, which is below ``/opt/ml``."""
        return self.tree / Path(path).relative_to("/opt/ml")

    def note(self, text: str) -> None:
        """Add a line of the runner itself to the job's log."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"[local_aws] {text}\n")

    def enter(self, status: str) -> None:
        """Record a training job's next SecondaryStatus, and the end of the previous one."""
        transitions = self.record.setdefault("SecondaryStatusTransitions", [])
        at = now_ms()
        if transitions:
            transitions[-1]["EndTime"] = at
        transitions.append({"Status": status, "StartTime": at})
        self.record["SecondaryStatus"] = status
        self.save()

    def finish(self, status: str, **fields: Any) -> None:
        """Write the last record and delete the tree."""
        ended = now_ms()
        self.record |= {self.kind.status_field: status, f"{self.kind.label}EndTime": ended, **fields}
        if "LastModifiedTime" in self.record:
            self.record["LastModifiedTime"] = ended
        if self.kind is TRAINING:
            seconds = max(1, round((ended - self.record["TrainingStartTime"]) / 1000))
            self.record |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
        self.save()
        shutil.rmtree(self.tree, ignore_errors=True)

    def save(self) -> None:
        """Write ``job.json``."""
        draft = self.folder / "job.draft"
        draft.write_text(json.dumps(self.record, indent=2), encoding="utf-8")
        draft.replace(self.folder / "job.json")

    def write_config(self, path: str, content: Any) -> None:
        """Write a configuration file of the container contract, below ``/opt/ml``."""
        target = self.tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(content), encoding="utf-8")

    def left_message(self, name: str) -> str | None:
        """The beginning of what the container wrote to ``output/<name>``, or None."""
        path = self.tree / "output" / name
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            text = file.read(4 * MESSAGE_LIMIT).decode("utf-8", errors="replace")
        return text[:MESSAGE_LIMIT].strip() or None
