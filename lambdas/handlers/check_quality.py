"""State "Check quality": stops a model that does not rank well enough."""

import hashlib
import os
from typing import TypedDict

from contract import quality_gate
from contract.run_layout import RunLayout
from contract.stored_object import parse_json
from lambdas import aws_clients, run_log
from lambdas.job_status import require_completed
from lambdas.s3_json import JsonDocuments


class Statuses(TypedDict):
    """The final status of each job."""

    extract: str


class Event(TypedDict):
    """What the state passes."""

    run_id: str
    statuses: Statuses


class Answer(TypedDict):
    """The gate's verdict on the model."""

    passed: bool
    cause: str
    metrics_sha256: str  # SHA-256 of metrics.json: the published model must be the one that was checked


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> Answer:
    """Returns the verdict; passed and cause are always present."""
    require_completed(event["statuses"])
    return check_quality(JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"]), event["run_id"])


def check_quality(documents: JsonDocuments, run_id: str) -> Answer:
    """The verdict on a run's model; the definition's Choice and Fail states act on it."""
    layout = RunLayout(documents.bucket, run_id)
    gate = documents.read(layout.plan)["request"]["gate"]
    body = documents.read_bytes(layout.metrics)
    verdict = quality_gate.check(parse_json(body, layout.uri(layout.metrics)), gate)
    return {"passed": verdict.passed, "cause": verdict.cause, "metrics_sha256": hashlib.sha256(body).hexdigest()}
