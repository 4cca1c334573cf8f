"""State "Record retirement": the chosen versions' lists are gone, and their records say so."""

import os
from typing import Any

import boto3

from contract.run_layout import RunLayout
from lambdas import retirement
from lambdas.s3_json import JsonDocuments
from lambdas.version_pointer import VersionPointer


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event: run_id. Returns the retired versions."""
    documents = JsonDocuments(boto3.client("s3"), os.environ["BUCKET"])
    versions = VersionPointer(boto3.resource("dynamodb").Table(os.environ["TABLE"]))
    chosen = documents.read(RunLayout(documents.bucket, event["run_id"]).retirement, list)
    return {"retired": retirement.record(documents, versions, chosen)}
