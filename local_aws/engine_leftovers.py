"""Cleans up after a killed engine: processes, unfinished jobs, and temporary files."""

import json
import shutil
from pathlib import Path

from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs import orphans
from local_aws.sagemaker_jobs.job import PROCESSING, TRAINING, TRANSFORM, now_ms, read_record
from local_aws.sagemaker_jobs.models import Models

_REASON = "InternalServerError: the embedded AWS was killed while this job ran"


def clear(home: EngineHome) -> None:
    """Delete everything of an earlier engine except the saved state and the jobs' records and logs; no engine may be
    running.
    """
    orphans.end_orphans(home.children)
    Models(home.models).remove_damaged()
    for tree in home.jobs.glob("*/ml"):
        _end(tree.parent / "job.json")
        shutil.rmtree(tree, ignore_errors=True)
    shutil.rmtree(home.temporary, ignore_errors=True)
    home.temporary.mkdir(exist_ok=True)


def _end(record: Path) -> None:
    """Mark a job that was in progress as failed."""
    job = read_record(record)
    if not job:
        return  # killed before its first record was complete: nobody has seen this job
    for kind in (PROCESSING, TRAINING, TRANSFORM):
        if job.get(kind.status_field) == "InProgress":
            job |= {kind.status_field: "Failed", "FailureReason": _REASON, f"{kind.label}EndTime": now_ms()}
    draft = record.with_suffix(".draft")
    draft.write_text(json.dumps(job, indent=2), encoding="utf-8")
    draft.replace(record)
