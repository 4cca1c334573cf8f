"""Whether a run would only repeat the current version, because nothing that its lists depend on has changed."""

import logging

from contract import freshness, run_request, time_span
from contract.documents import Plan, PublishedAlready
from contract.recommendation_table import PUBLISHED
from contract.refusal import InputRefused
from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments

logger = logging.getLogger(__name__)
_DATA = ("objects", "items", "users")


def find(documents: JsonDocuments, versions: VersionPointer, plan: Plan) -> PublishedAlready | None:
    """The current version, if a run with ``plan`` would make the same lists; None if anything differs or may differ.

    Lists depend on the files (their keys, sizes and ETags), dataset.json, the forgotten users, the rules and the rest
    of the request, the deployed code, and the day of the run, because times in the future are rejected.

    Args:
        documents: in the bucket.
        versions: those in the table.
        plan: the new run's.

    Raises:
        InputRefused: if the data is the same, but too old by now.
    """
    current = versions.pointer().get("current")
    if current is None:
        return None
    layout = RunLayout(documents.bucket, current)
    record = versions.record(current)
    before, summary = documents.find_readable(layout.plan), documents.find_readable(layout.summary)
    if before is None or summary is None or record.get("status") != PUBLISHED:
        return None
    try:
        if not _same(plan, before) or summary["rejected_for_now"]:
            return None
        latest_time = summary["latest_time"]
        published_at = str(record["published_at"])
    except (DamagedObject, KeyError, TypeError) as error:  # includes plans written by an older topx
        logger.info("version %s cannot be compared with: %s", current, error)
        return None
    if fault := freshness.fault(latest_time, plan["request"]["newest_within_days"], plan["execution"]["started"]):
        raise InputRefused(fault)
    return {
        "version": current,
        "published_at": published_at,
        "latest_interaction": time_span.iso(latest_time),
    }


def _same(plan: Plan, before: Plan) -> bool:
    return (
        all(plan["input"][name] == before["input"][name] for name in _DATA)
        and plan["dataset"] == before["dataset"]
        and plan["forgotten"] == before["forgotten"]
        and plan["code"] == before["code"]
        and run_request.asks_for_the_same(plan["request"], before["request"])
    )
