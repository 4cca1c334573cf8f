"""State "Publish version": checks that everything is loaded, then moves the pointer."""

import json
import os
import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3

from contract import quality_gate, run_plan, time_span
from contract.data_hash import data_hash
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas import default_lists, publish_checks, user_lists
from lambdas.job_status import require_completed
from lambdas.s3_json import JsonDocuments
from lambdas.version_pointer import Move, VersionPointer, refuse_older


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event: run_id, statuses (of the jobs that made the lists), hyperparameters (of FM's and k-NN's training).

    Returns version.
    """
    require_completed(event["statuses"])
    documents = JsonDocuments(boto3.client("s3"), os.environ["BUCKET"])
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    return publish_version(
        documents,
        VersionPointer(table),
        event["run_id"],
        hyperparameters=event["hyperparameters"],
        code=json.loads(os.environ["CODE"]),
        now=datetime.now(UTC),
    )


def publish_version(
    documents: JsonDocuments,
    versions: VersionPointer,
    run_id: str,
    *,
    hyperparameters: dict[str, Any],
    code: dict[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """Publish a run's lists and write outcome.json; repeated after success it changes nothing.

    The lists for unknown users are written here, and like all lists are read once the pointer names their version.
    The pointer and the version's record change in one transaction, after every check: whoever finds the one finds the
    other. outcome.json comes last, so that it never tells of what did not happen.

    Args:
        hyperparameters: by training, as its job was sent them.
        code: the sources' version, and the images by what they are for.

    Raises:
        PublishRefused: when lists are missing or wrong, or a newer version is published.
    """
    layout = RunLayout(documents.bucket, run_id)
    plan, summary = documents.read(layout.plan), documents.read(layout.summary)
    manifest, metrics = documents.read(layout.manifest), documents.read(layout.metrics)
    receipts = publish_checks.require_receipts(documents, layout, manifest)
    record = versions.record(run_id)
    if "published_at" not in record:
        refuse_older(run_id, versions.pointer())
        _require_everyone(layout, manifest, summary)
        publish_checks.require_lists(documents, versions.table, layout, manifest, random.SystemRandom())
        default_lists.put(documents, versions.table, layout)
        move = Move(to=run_id, by=plan["execution"]["arn"], at=now.isoformat(timespec="milliseconds"))
        versions.publish(move, _facts(plan, summary, metrics))
        record = versions.record(run_id)
    gate = plan["request"]["gate"]
    verdict = quality_gate.judge(metrics, gate)
    documents.write(
        layout.outcome,
        {
            "status": "published",
            "run_id": run_id,
            "version": run_id,
            "published_at": record["published_at"],
            "users": summary["users"],
            "items": summary["items"],
            "interactions": summary["rows"]["interactions"],
            "rejected": summary["rows"]["rejected"],
            # What it takes to get the same lists again.
            "data_hash": data_hash(plan, summary),
            "code": code,
            "hyperparameters": hyperparameters,
            "seeds": {"prepare": plan["request"]["seed"]},
            "request": plan["request"],
            "times": _times(summary),
            "metrics": {"model": metrics["model"], "most_popular": metrics["most_popular"]},
            "hold_out": summary.get("hold_out"),
            # Pairs that were trained on. Where they differ, the metrics are of another model than the lists.
            "trained_on": {
                "measured": summary["training"]["pairs"],
                "published": (summary["refit"] if run_plan.refits(summary) else summary["training"])["pairs"],
            },
            "gate": {"value": gate, "passed": verdict.passed, "cause": verdict.cause},
            "rules": {"servable": summary["servable"], **summary["rules"]},
            "short": sum(receipt.get("short", 0) for receipt in receipts),
            "short_because": {
                reason: sum(receipt.get("short_because", {}).get(reason, 0) for receipt in receipts)
                for reason in user_lists.SHORT
            },
            "report": layout.uri(layout.report),
        },
    )
    return {"version": run_id}


def _times(summary: dict[str, Any]) -> dict[str, Any]:
    """From when to when the interactions are, null where that is not known, and how their times were read."""
    span = {name: time_span.iso(summary.get(f"{name}_time")) for name in ("earliest", "latest")}
    return {**span, **(summary.get("time_format") or {"format": None, "decided": None})}


def _require_everyone(layout: RunLayout, manifest: list[dict[str, Any]], summary: dict[str, Any]) -> None:
    covered = sum(part["users"] for part in manifest)
    if covered != summary["users"]:
        raise PublishRefused(
            f"{layout.manifest} covers {covered} users, and the data has {summary['users']}; start another run"
        )


def _facts(plan: dict[str, Any], summary: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    facts = {
        "users": summary["users"],
        "items": summary["items"],
        "interactions": summary["rows"]["interactions"],
        "metrics": {"model": metrics["model"], "most_popular": metrics["most_popular"]},
        "gate": plan["request"]["gate"],
        "execution": plan["execution"]["arn"],
    }
    # DynamoDB's numbers are decimal: boto3 takes no float.
    exact: dict[str, Any] = json.loads(json.dumps(facts), parse_float=Decimal)
    return exact
