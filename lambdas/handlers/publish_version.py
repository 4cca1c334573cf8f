"""State "Publish version": checks that everything is loaded, then moves the pointer."""

import json
import os
import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypedDict

from contract.documents import Plan, Summary
from contract.measured_documents import Metrics
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from contract.version_record import VersionFacts
from lambdas import aws_clients, emf, run_log
from lambdas.forgetting.suppression_list import SuppressionList
from lambdas.job_status import require_completed
from lambdas.loading.part_entries import require_whole
from lambdas.publishing import default_lists, publish_checks
from lambdas.publishing.version_pointer import Move, VersionPointer, refuse_older
from lambdas.s3_json import JsonDocuments
from workflow.run_metrics import VERSIONS_PUBLISHED


class Statuses(TypedDict):
    """The statuses of the jobs that made the lists."""

    training: str
    extract: str
    index: str
    transform: str


class Event(TypedDict):
    """What the state passes."""

    run_id: str
    execution: str  # its ARN
    statuses: Statuses
    metrics_sha256: str  # SHA-256 of the metrics.json that "Check quality" checked


class Answer(TypedDict):
    """What was published."""

    version: str


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> Answer:
    """Publish, and emit the metric if this call was the one that did."""
    require_completed(event["statuses"])
    done_now = publish_version(
        JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"]),
        VersionPointer(aws_clients.table(os.environ["TABLE"])),
        event["run_id"],
        execution=event["execution"],
        metrics_sha256=event["metrics_sha256"],
        now=datetime.now(UTC),
    )
    if done_now:
        emf.emit({VERSIONS_PUBLISHED: 1}, run_id=event["run_id"])
    return {"version": event["run_id"]}


def publish_version(
    documents: JsonDocuments,
    versions: VersionPointer,
    run_id: str,
    *,
    execution: str,
    metrics_sha256: str,
    now: datetime,
) -> bool:
    """Publish a run's lists; a repeated call changes nothing. Returns whether this call published them.

    The default lists are written here; like all lists, they are read once the pointer names their version. The pointer
    and the version's record change in one transaction, after every check: whoever finds one finds the other. The
    transaction is the last step, and if it was made already, nothing else is done: an error there would fail a run
    whose lists are already published.

    Args:
        execution: the run's ARN, recorded with the version.
        metrics_sha256: SHA-256 of the metrics.json that the gate checked.

    Raises:
        PublishRefused: if lists are missing or wrong, if they may contain a user who was forgotten, or if a newer
            version is published.
    """
    if versions.published_by(run_id, execution):
        return False
    move = Move(to=run_id, by=execution, at=now.isoformat(timespec="milliseconds"))
    try:
        _publish(documents, versions, move, metrics_sha256)
    except Exception:
        # Whatever the error: the transaction may have succeeded and its response been lost, or another delivery of this
        # call may have published meanwhile, and newer versions may since have replaced and retired ours.
        if not versions.published_by(run_id, execution):
            raise
    return True


def _publish(documents: JsonDocuments, versions: VersionPointer, move: Move, metrics_sha256: str) -> None:
    layout = RunLayout(documents.bucket, move.to)
    plan: Plan = documents.read(layout.plan)
    summary: Summary = documents.read(layout.summary)
    metrics: Metrics = documents.read(layout.metrics)
    manifest = require_whole(documents.read(layout.manifest, list), summary["users"])
    receipts = publish_checks.require_receipts(documents, layout, manifest)
    refuse_older(move.to, versions.pointer())
    SuppressionList(versions.table).refuse_changed(plan, PublishRefused)
    publish_checks.require_unchanged_files(documents, layout, manifest, metrics_sha256)
    publish_checks.require_archives(documents, layout, receipts)
    score_form = plan["request"]["scores"]
    publish_checks.require_lists(
        documents, versions.table, layout, manifest, random.SystemRandom(), score_form=score_form
    )
    default_lists.put(documents, versions.table, layout, score_form)
    versions.publish(move, _facts(plan, summary, metrics))


def _facts(plan: Plan, summary: Summary, metrics: Metrics) -> VersionFacts:
    facts = {
        "users": summary["users"],
        "items": summary["items"],
        "interactions": summary["rows"]["interactions"],
        "metrics": {"model": metrics["model"], "most_popular": metrics["most_popular"]},
        "gate": plan["request"]["gate"],
    }
    # DynamoDB's numbers are Decimal: boto3 accepts no float.
    exact: VersionFacts = json.loads(json.dumps(facts), parse_float=Decimal)
    return exact
