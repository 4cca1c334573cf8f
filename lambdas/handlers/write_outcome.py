"""State "Write outcome": what was published, its metrics, and what is needed to reproduce the lists."""

import json
import os
from typing import TypedDict

from contract import quality_gate, quality_warnings, run_plan, time_span
from contract.data_hash import data_hash
from contract.documents import Code, Plan, Summary
from contract.outcome_documents import Hyperparameters, Outcome, Times
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas import aws_clients, emf, run_log
from lambdas.loading.part_entries import require_whole
from lambdas.outcome import run_values
from lambdas.publishing import list_counts, publish_checks
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments


class Event(TypedDict):
    """What the state passes."""

    run_id: str
    hyperparameters: Hyperparameters


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> dict[str, str]:
    """Returns the outcome's status and version."""
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    outcome = write_outcome(
        documents,
        VersionPointer(aws_clients.table(os.environ["TABLE"])),
        event["run_id"],
        hyperparameters=event["hyperparameters"],
        code=json.loads(os.environ["CODE"]),
    )
    emf.emit(run_values.of_outcome(documents, outcome), run_id=outcome["run_id"])
    return {"status": outcome["status"], "version": outcome["version"]}


def write_outcome(
    documents: JsonDocuments,
    versions: VersionPointer,
    run_id: str,
    *,
    hyperparameters: Hyperparameters,
    code: Code,
) -> Outcome:
    """Write outcome.json of a run that has published. A repeated call overwrites it.

    Args:
        hyperparameters: by training, as sent to its job.
        code: the sources' version, and the images by purpose.

    Raises:
        PublishRefused: if the run has not published.
    """
    layout = RunLayout(documents.bucket, run_id)
    plan: Plan = documents.read(layout.plan)
    published = versions.record(run_id)
    if "published_at" not in published:
        raise PublishRefused(
            f"run {run_id} has not published its version, so there is nothing to do after publishing; start this state "
            "machine only for a run whose execution succeeded"
        )
    summary: Summary = documents.read(layout.summary)
    metrics = documents.read(layout.metrics)
    manifest = require_whole(documents.read(layout.manifest, list), summary["users"])
    receipts = publish_checks.require_receipts(documents, layout, manifest)
    gate = plan["request"]["gate"]
    verdict = quality_gate.check(metrics, gate)
    lists = list_counts.counts(receipts)
    outcome: Outcome = {
        "status": "published",
        "run_id": run_id,
        "version": run_id,
        "published_at": published["published_at"],
        "users": summary["users"],
        "items": summary["items"],
        "interactions": summary["rows"]["interactions"],
        "rejected": summary["rows"]["rejected"],
        "filtered": summary["rows"].get("filtered", 0),
        "side_rows": summary["side_rows"],
        # What is needed to reproduce the lists.
        "data_hash": data_hash(plan, summary),
        "code": code,
        "hyperparameters": hyperparameters,
        "seeds": {"prepare": plan["request"]["seed"]},
        "request": plan["request"],
        "times": _times(summary),
        "metrics": {"model": metrics["model"], "most_popular": metrics["most_popular"]},
        "hold_out": summary["hold_out"],
        # Pairs that were trained on. If the numbers differ, the metrics belong to another model than the lists.
        "trained_on": {
            "measured": summary["training"]["pairs"],
            "published": (summary["refit"] if run_plan.refits(summary) else summary["training"])["pairs"],
            "because": run_plan.why_refit(plan["request"], summary),
        },
        "gate": {"value": gate, "passed": verdict.passed, "cause": verdict.cause},
        "rules": {"servable": summary["servable"], **summary["rules"]},
        "short": lists["short"],
        "short_because": lists["short_because"],
        "empty": lists["empty"],
        "warnings": [
            *quality_warnings.warnings(metrics, gate),
            *list_counts.warnings(lists, summary, plan["request"]["top_x"]),
            *summary["warnings"],
        ],
        "report": layout.uri(layout.report),
    }
    documents.write(layout.outcome, outcome)
    return outcome


def _times(summary: Summary) -> Times:
    read = summary["time_format"]
    return {
        "earliest": time_span.iso(summary["earliest_time"]),
        "latest": time_span.iso(summary["latest_time"]),
        "format": read and read["format"],
        "decided": read and read["decided"],
    }
