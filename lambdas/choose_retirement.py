"""State "Choose versions to retire": marks them, and writes which parts to delete."""

import os
from typing import Any

import boto3

from contract.run_layout import RunLayout
from lambdas import retirement
from lambdas.job_status import require_completed
from lambdas.s3_json import JsonDocuments
from lambdas.version_pointer import VersionPointer


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event: run_id, status (of the job that draws the outcome). Returns parts, how many there are to delete."""
    require_completed({"outcome": event["status"]})
    documents = JsonDocuments(boto3.client("s3"), os.environ["BUCKET"])
    versions = VersionPointer(boto3.resource("dynamodb").Table(os.environ["TABLE"]))
    chosen = retirement.choose(documents, versions, boto3.client("stepfunctions"), event["run_id"])
    documents.write(RunLayout(documents.bucket, event["run_id"]).retirement, chosen)
    return {"parts": len(chosen)}
