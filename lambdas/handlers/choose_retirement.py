"""State "Choose versions to retire": marks the versions, and writes which parts to delete."""

import os
from typing import TypedDict

from contract.run_layout import RunLayout
from lambdas import aws_clients, run_log
from lambdas.job_status import require_completed
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.retiring import retirement
from lambdas.s3_json import JsonDocuments


class Event(TypedDict):
    """What the state passes."""

    run_id: str
    status: str  # of the job that renders the outcome page


class Answer(TypedDict):
    """How much there is to delete."""

    parts: int  # number of parts to delete


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> Answer:
    """Choose the versions, and write the list of parts."""
    require_completed({"outcome": event["status"]})
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    versions = VersionPointer(aws_clients.table(os.environ["TABLE"]))
    chosen = retirement.choose(documents, versions, aws_clients.client("stepfunctions"), event["run_id"])
    documents.write(RunLayout(documents.bucket, event["run_id"]).retirement, chosen)
    return {"parts": len(chosen)}
