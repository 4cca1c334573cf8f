"""State "Plan training": refuses data that changed or cannot be used, and sizes both training jobs by the summary."""

import os
from typing import Any

from contract import run_plan
from contract.documents import Plan, RefusedSummary, Summary
from contract.refusal import InputRefused
from contract.run_layout import RunLayout
from lambdas import aws_clients, run_log
from lambdas.forgetting.suppression_list import SuppressionList
from lambdas.job_status import require_completed
from lambdas.planning import input_snapshot, training_plan
from lambdas.s3_json import JsonDocuments


@run_log.keyed
@aws_clients.told_as_unavailable
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event: run_id, status (of the preparing job).

    Returns: hyperparameters, expected_seconds (of each training), channels, refit (whether there is a second training),
        refit_channels, knn_hyperparameters.
    """
    require_completed({"prepare": event["status"]})
    return plan_training(
        JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"]),
        SuppressionList(aws_clients.table(os.environ["TABLE"])),
        event["run_id"],
    )


def plan_training(documents: JsonDocuments, forgotten: SuppressionList, run_id: str) -> dict[str, Any]:
    """The fragments of the training requests that depend on the data.

    Raises:
        InputRefused: when the data, or who was forgotten, changed while it was read, or it cannot be used.
        RequestRefused: when the request does not fit the data.
    """
    layout = RunLayout(documents.bucket, run_id)
    plan: Plan = documents.read(layout.plan)
    written: Summary | RefusedSummary = documents.read(layout.summary)
    input_snapshot.refuse_changed(documents, plan)
    forgotten.refuse_changed(plan, InputRefused)
    summary = training_plan.usable(layout, plan, written)
    request = plan["request"]
    hyperparameters = training_plan.hyperparameters(request, summary)
    return {
        "hyperparameters": hyperparameters,
        "expected_seconds": training_plan.expected_seconds(request, summary, hyperparameters),
        "channels": training_plan.channels(layout, request, summary),
        "refit": run_plan.refits(summary),
        "refit_channels": training_plan.refit_channels(layout, request, summary),
        "knn_hyperparameters": training_plan.knn_hyperparameters(request, summary),
    }
