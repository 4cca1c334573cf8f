"""Sends the age of the published lists to CloudWatch every hour: invoked by EventBridge, not by the workflow.

A metric emitted only by runs would be missing just when it is needed: when no run gets that far.
"""

import logging
import os
from datetime import UTC, datetime, timedelta

from contract.documents import Summary
from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject
from lambdas import aws_clients, emf, run_log
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments
from workflow.run_metrics import DAYS_SINCE_PUBLISHED, NEWEST_INTERACTION_DAYS

NOTHING = "nothing is published yet"

logger = logging.getLogger(__name__)


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(_event: object, _context: object) -> dict[str, float | None]:
    """The event is ignored. Returns the values by metric name."""
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    versions = VersionPointer(aws_clients.table(os.environ["TABLE"]))
    ages = measure(documents, versions, now=datetime.now(UTC))
    emf.emit(ages, run_id=versions.pointer().get("current", NOTHING))
    return {metric.name: value for metric, value in ages.items()}


def measure(documents: JsonDocuments, versions: VersionPointer, *, now: datetime) -> emf.Values:
    """The ages in days; None if unknown.

    A rollback publishes nothing: the version's age is that of the newest version, the data's age that of the current
    one.
    """
    pointer = versions.pointer()
    if not pointer:
        return {DAYS_SINCE_PUBLISHED: _days(versions.table.creation_date_time, now), NEWEST_INTERACTION_DAYS: None}
    published = datetime.fromisoformat(versions.record(pointer["newest"])["published_at"])
    newest = _newest_interaction(documents, pointer["current"])
    return {
        DAYS_SINCE_PUBLISHED: _days(published, now),
        NEWEST_INTERACTION_DAYS: None if newest is None else _days(newest, now),
    }


def _newest_interaction(documents: JsonDocuments, version: str) -> datetime | None:
    summary: Summary | None = documents.find_readable(RunLayout(documents.bucket, version).summary)
    try:
        latest = summary and summary["latest_time"]
        return None if latest is None else datetime.fromtimestamp(latest, UTC)
    except (DamagedObject, OverflowError, TypeError, ValueError) as error:
        logger.warning("the newest interaction of version %s is unknown: %s", version, error)
        return None


def _days(since: datetime, now: datetime) -> float:
    return round((now - since) / timedelta(days=1), 4)
