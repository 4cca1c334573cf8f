"""Deletes the files of old runs that nobody needs any more."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from contract.recommendation_table import RETIRED, SORT_KEY
from contract.run_layout import RUN_ID, RUNS_PREFIX, RunLayout, started_at
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments


def delete(
    documents: JsonDocuments,
    versions: VersionPointer,
    *,
    keep_days: int,
    now: datetime,
    may_go_on: Callable[[], bool] = lambda: True,
) -> list[str]:
    """Delete the files of runs that started more than ``keep_days`` ago and have no lists.

    A published or retiring version keeps its files: they are needed to delete its lists and to compare the next model
    with. So does a run that may have loaded lists, until a record says what happened to them.

    Args:
        may_go_on: called before each run; if it returns false, the next call deletes the rest.

    Returns:
        The runs' ids, oldest first.
    """
    if not keep_days:
        return []
    deleted = []
    for run in sorted(_unwanted(documents, versions, now.astimezone(UTC) - timedelta(days=keep_days))):
        if not may_go_on():
            break
        layout = RunLayout(documents.bucket, run)
        # The run's own folder last: by it, the next call finds what this one has left.
        for place in (layout.scratch, layout.models_checked, layout.run):
            documents.delete({"Key": entry["Key"]} for entry in documents.objects(place))
        deleted.append(run)
    return deleted


def _unwanted(documents: JsonDocuments, versions: VersionPointer, before: datetime) -> Iterator[str]:
    status = {record[SORT_KEY]: record["status"] for record in versions.records()}
    for run in documents.folders(RUNS_PREFIX):
        if not RUN_ID.fullmatch(run) or started_at(run) >= before:
            continue
        loaded = any(documents.objects(RunLayout(documents.bucket, run).manifest))
        if status.get(run) == RETIRED or (run not in status and not loaded):
            yield run
