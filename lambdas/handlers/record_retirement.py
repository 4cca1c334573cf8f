"""State "Record retirement": records that the chosen versions' lists were deleted."""

import os
from typing import TypedDict

from contract.run_layout import RunLayout
from lambdas import aws_clients, run_log
from lambdas.outcome import outcome_warnings
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.retiring import retirement
from lambdas.s3_json import JsonDocuments


class Event(TypedDict):
    """What the state passes."""

    run_id: str


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> dict[str, list[str]]:
    """Returns the retired versions; lists that could not be deleted become warnings in outcome.json."""
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    versions = VersionPointer(aws_clients.table(os.environ["TABLE"]))
    layout = RunLayout(documents.bucket, event["run_id"])
    retired, warnings = retirement.record(documents, versions, documents.read(layout.retirement, list))
    outcome_warnings.add(documents, layout, warnings)
    return {"retired": retired}
