"""Adds warnings found after publishing to outcome.json."""

from collections.abc import Sequence

from contract.outcome_documents import Outcome
from contract.run_layout import RunLayout
from lambdas.s3_json import JsonDocuments


def add(documents: JsonDocuments, layout: RunLayout, warnings: Sequence[str]) -> None:
    """Append the warnings that are not there yet; writes nothing if there are none."""
    if not warnings:
        return
    outcome: Outcome = documents.read(layout.outcome)
    known = outcome["warnings"]
    if new := [warning for warning in warnings if warning not in known]:
        documents.write(layout.outcome, {**outcome, "warnings": [*known, *new]})
