"""State "Choose versions to retire": marks them, and writes which parts to delete."""

import os
from typing import Any

from contract.run_layout import RunLayout
from lambdas import aws_clients, run_log
from lambdas.job_status import require_completed
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.retiring import retirement
from lambdas.s3_json import JsonDocuments


@run_log.keyed
@aws_clients.told_as_unavailable
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event: run_id, status (of the job that draws the outcome). Returns parts, how many there are to delete."""
    require_completed({"outcome": event["status"]})
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    versions = VersionPointer(aws_clients.table(os.environ["TABLE"]))
    chosen = retirement.choose(documents, versions, aws_clients.client("stepfunctions"), event["run_id"])
    documents.write(RunLayout(documents.bucket, event["run_id"]).retirement, chosen)
    return {"parts": len(chosen)}
