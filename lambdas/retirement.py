"""Which versions' lists go, so that the table does not grow without end."""

import logging
from typing import Any

from contract.recommendation_table import PUBLISHED, RETIRING, SORT_KEY
from contract.run_layout import RUN_ID, RUNS_PREFIX, RunLayout
from lambdas import default_lists, execution_state
from lambdas.s3_json import JsonDocuments
from lambdas.version_pointer import VersionPointer

logger = logging.getLogger(__name__)


def choose(documents: JsonDocuments, versions: VersionPointer, states: Any, run_id: str) -> list[dict[str, str]]:
    """Mark what is to go, and list its parts: of everything retiring, also from an attempt that broke off.

    Args:
        documents: the bucket.
        versions: the table's versions.
        states: boto3 Step Functions client.
        run_id: the run that has just published.

    Returns:
        version and part for each part to delete, oldest version first.
    """
    keep = documents.read(RunLayout(documents.bucket, run_id).plan)["keep_versions"]
    for version in _beyond(versions, keep):
        versions.mark_retiring(version)
    for version in _leftovers(documents, versions, states, run_id):
        versions.mark_leftover(version)
    retiring = [record[SORT_KEY] for record in versions.records() if record["status"] == RETIRING]
    return [{"version": version, "part": part} for version in retiring for part in _parts(documents, version)]


def record(documents: JsonDocuments, versions: VersionPointer, chosen: list[dict[str, str]]) -> list[str]:
    """Mark the chosen versions retired, now that all their parts are deleted. Returns them, oldest first.

    Their lists for unknown users, which belong to no part, are deleted first.
    """
    retired = sorted({entry["version"] for entry in chosen})
    for version in retired:
        default_lists.delete(documents, versions.table, version)
        versions.mark_retired(version)
    return retired


def _beyond(versions: VersionPointer, keep: int) -> list[str]:
    """Published versions older than the newest ``keep`` of them. The pointer guards the current one."""
    served = [record[SORT_KEY] for record in versions.records() if record["status"] == PUBLISHED]
    return sorted(served)[:-keep]


def _leftovers(documents: JsonDocuments, versions: VersionPointer, states: Any, run_id: str) -> list[str]:
    """Older runs that may have loaded lists, did not publish them, and are over."""
    known = {record[SORT_KEY] for record in versions.records()}
    found = []
    for version in documents.folders(RUNS_PREFIX):
        if not RUN_ID.fullmatch(version) or version >= run_id or version in known:
            continue
        layout = RunLayout(documents.bucket, version)
        # The manifest is what the loader begins with: without one, nothing was loaded.
        plan = documents.find_readable(layout.plan)
        if not plan or documents.find_readable(layout.manifest, list) is None:
            continue
        if execution_state.of(states, plan["execution"]["arn"]).over:
            found.append(version)
    return found


def _parts(documents: JsonDocuments, version: str) -> list[str]:
    manifest = documents.find_readable(RunLayout(documents.bucket, version).manifest, list)
    if manifest is None:
        logger.warning("version %s has lost its parts.json: its lists stay in the table", version)
        return []
    return [part["part"] for part in manifest]
