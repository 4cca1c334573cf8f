"""State "Publish version": checks that everything is loaded, then moves the pointer."""

import json
import os
import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from contract import quality_gate, quality_warnings, run_plan, time_span
from contract.data_hash import data_hash
from contract.documents import Outcome, Plan, Summary
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas import aws_clients, default_lists, list_counts, publish_checks
from lambdas.job_status import require_completed
from lambdas.part_entries import require_whole
from lambdas.s3_json import JsonDocuments
from lambdas.version_pointer import Move, VersionPointer, refuse_older


@aws_clients.told_as_unavailable
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event: run_id, statuses (of the jobs that made the lists), hyperparameters (of FM's and k-NN's training), judged
    (the SHA-256 of the metrics that "Check quality" has judged).

    Returns version.
    """
    require_completed(event["statuses"])
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    table = aws_clients.table(os.environ["TABLE"])
    return publish_version(
        documents,
        VersionPointer(table),
        event["run_id"],
        hyperparameters=event["hyperparameters"],
        judged=event["judged"],
        code=json.loads(os.environ["CODE"]),
        now=datetime.now(UTC),
    )


def publish_version(
    documents: JsonDocuments,
    versions: VersionPointer,
    run_id: str,
    *,
    hyperparameters: dict[str, Any],
    judged: str,
    code: dict[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """Publish a run's lists and write outcome.json; repeated after success it changes nothing.

    The lists for unknown users are written here, and like all lists are read once the pointer names their version.
    The pointer and the version's record change in one transaction, after every check: whoever finds the one finds the
    other. outcome.json comes last, so that it never tells of what did not happen.

    Args:
        hyperparameters: by training, as its job was sent them.
        judged: SHA-256 of the metrics.json that the gate has judged.
        code: the sources' version, and the images by what they are for.

    Raises:
        PublishRefused: when lists are missing or wrong, or a newer version is published.
    """
    layout = RunLayout(documents.bucket, run_id)
    plan: Plan = documents.read(layout.plan)
    summary: Summary = documents.read(layout.summary)
    metrics = documents.read(layout.metrics)
    manifest = require_whole(documents.read(layout.manifest, list), summary["users"])
    receipts = publish_checks.require_receipts(documents, layout, manifest)
    move = Move(to=run_id, by=plan["execution"]["arn"], at=now.isoformat(timespec="milliseconds"))
    record = versions.published_by(run_id, move.by)
    if not record:
        try:
            refuse_older(run_id, versions.pointer())
            publish_checks.require_vouched(documents, layout, manifest, judged)
            publish_checks.require_archives(documents, layout, receipts)
            publish_checks.require_lists(documents, versions.table, layout, manifest, random.SystemRandom())
            default_lists.put(documents, versions.table, layout)
            record = versions.publish(move, _facts(plan, summary, metrics))
        except PublishRefused:
            # Another delivery of this call may have published meanwhile, and newer versions come and ours gone since.
            record = versions.published_by(run_id, move.by)
            if not record:
                raise
    gate = plan["request"]["gate"]
    verdict = quality_gate.judge(metrics, gate)
    lists = list_counts.counts(receipts)
    outcome: Outcome = {
        "status": "published",
        "run_id": run_id,
        "version": run_id,
        "published_at": record["published_at"],
        "users": summary["users"],
        "items": summary["items"],
        "interactions": summary["rows"]["interactions"],
        "rejected": summary["rows"]["rejected"],
        "filtered": summary["rows"].get("filtered", 0),
        "side_rows": summary["side_rows"],
        # What it takes to get the same lists again.
        "data_hash": data_hash(plan, summary),
        "code": code,
        "hyperparameters": hyperparameters,
        "seeds": {"prepare": plan["request"]["seed"]},
        "request": plan["request"],
        "times": _times(summary),
        "metrics": {"model": metrics["model"], "most_popular": metrics["most_popular"]},
        "hold_out": summary["hold_out"],
        # Pairs that were trained on. Where they differ, the metrics are of another model than the lists.
        "trained_on": {
            "measured": summary["training"]["pairs"],
            "published": (summary["refit"] if run_plan.refits(summary) else summary["training"])["pairs"],
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
    return {"version": run_id}


def _times(summary: Summary) -> dict[str, Any]:
    """From when to when the interactions are, null where that is not known, and how their times were read."""
    span = {"earliest": time_span.iso(summary["earliest_time"]), "latest": time_span.iso(summary["latest_time"])}
    return {**span, **(summary["time_format"] or {"format": None, "decided": None})}


def _facts(plan: Plan, summary: Summary, metrics: dict[str, Any]) -> dict[str, Any]:
    facts = {
        "users": summary["users"],
        "items": summary["items"],
        "interactions": summary["rows"]["interactions"],
        "metrics": {"model": metrics["model"], "most_popular": metrics["most_popular"]},
        "gate": plan["request"]["gate"],
    }
    # DynamoDB's numbers are decimal: boto3 takes no float.
    exact: dict[str, Any] = json.loads(json.dumps(facts), parse_float=Decimal)
    return exact
