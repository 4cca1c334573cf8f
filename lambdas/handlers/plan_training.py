"""State "Plan training": refuses data that changed or is unusable, and sizes the training jobs by the summary."""

import os
from typing import TypedDict

from contract import run_plan
from contract.documents import Plan, RefusedSummary, Summary
from contract.outcome_documents import TrainingSeconds
from contract.refusal import InputRefused
from contract.run_layout import RunLayout
from contract.stage_fragments import Channel
from lambdas import aws_clients, run_log
from lambdas.forgetting.suppression_list import SuppressionList
from lambdas.job_status import require_completed
from lambdas.planning import input_snapshot, training_plan
from lambdas.s3_json import JsonDocuments


class Event(TypedDict):
    """What the state passes."""

    run_id: str
    status: str  # of the prepare job


class Answer(TypedDict):
    """What the training states put into their requests."""

    hyperparameters: dict[str, str]  # of both factorization-machines trainings
    expected_seconds: list[TrainingSeconds]  # for each of them
    channels: list[Channel]
    refit: bool  # whether there is a second training
    refit_channels: list[Channel]
    knn_hyperparameters: dict[str, str]


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> Answer:
    """The fragments of the training requests that depend on the data."""
    require_completed({"prepare": event["status"]})
    return plan_training(
        JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"]),
        SuppressionList(aws_clients.table(os.environ["TABLE"])),
        event["run_id"],
    )


def plan_training(documents: JsonDocuments, forgotten: SuppressionList, run_id: str) -> Answer:
    """The fragments of the training requests that depend on the data.

    Raises:
        InputRefused: if the data or the set of forgotten users changed while it was read, or the data is unusable.
        RequestRefused: if the request does not fit the data.
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
