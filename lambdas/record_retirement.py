"""State "Record retirement": the chosen versions' lists are gone, and their records say so."""

import os
from typing import Any

from contract.run_layout import RunLayout
from lambdas import aws_clients, retirement
from lambdas.s3_json import JsonDocuments
from lambdas.version_pointer import VersionPointer


@aws_clients.told_as_unavailable
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event: run_id. Returns the retired versions."""
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    versions = VersionPointer(aws_clients.table(os.environ["TABLE"]))
    chosen = documents.read(RunLayout(documents.bucket, event["run_id"]).retirement, list)
    return {"retired": retirement.record(documents, versions, chosen)}
