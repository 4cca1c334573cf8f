"""Chooses the versions whose lists are deleted, so that the table does not grow without limit."""

import logging
import re
from typing import Any, TypedDict

from botocore.exceptions import ClientError, ParamValidationError

from contract import run_plan
from contract.recommendation_table import PUBLISHED, RETIRING, SORT_KEY
from contract.run_layout import RUN_ID, RUNS_PREFIX, RunLayout
from contract.stored_object import DamagedObject
from lambdas.aws_clients import is_transient
from lambdas.publishing import default_lists
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.retiring import execution_state
from lambdas.s3_json import JsonDocuments

# The format of run_plan.part_name. A damaged manifest may contain any text, including invalid S3 keys.
_PART_NAME = re.compile(r"part-\d{5,9}")

logger = logging.getLogger(__name__)


def choose(documents: JsonDocuments, versions: VersionPointer, states: Any, run_id: str) -> list[dict[str, str]]:
    """Mark the versions to retire, and list the parts of all that are retiring, including from an interrupted attempt.

    Args:
        documents: in the bucket.
        versions: those in the table.
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


def record(
    documents: JsonDocuments, versions: VersionPointer, chosen: list[dict[str, str]]
) -> tuple[list[str], list[str]]:
    """Mark the chosen versions retired, now that their parts are deleted.

    Their default lists, which belong to no part, are deleted first. A version with lists left in the table is retired
    all the same, and its record names the parts: next week nothing more will be known about it. The current version is
    never retired.

    Returns:
        The versions, oldest first; and warnings about what stays in the table, and why.
    """
    retired, warnings = [], []
    current = versions.pointer().get("current")
    for version in sorted({entry["version"] for entry in chosen}):
        if version == current:
            warnings.append(f"version {version} was to be retired, but is the current version; it stays")
            continue
        left = _lists_left(documents, version)
        warnings += [str(entry["warning"]) for entry in left]
        warnings += default_lists.delete(documents, versions.table, version)
        versions.mark_retired(version, left=[str(entry["part"]) for entry in left])
        retired.append(version)
    return retired, warnings


class ListsLeft(TypedDict):
    """What "Retire one part" writes about a part whose lists stay."""

    part: str
    warning: str


def _lists_left(documents: JsonDocuments, version: str) -> list[ListsLeft]:
    """What "Retire one part" wrote about a version's parts."""
    layout = RunLayout(documents.bucket, version)
    found: list[ListsLeft] = []
    for entry in documents.objects(layout.lists_left):
        part = entry["Key"].removeprefix(layout.lists_left).removesuffix(".json")
        untold = f"version {version}: lists of {part} stay in the table ({entry['Key']}, which says why, is damaged)"
        left: ListsLeft = {"part": part, "warning": untold}
        text: ListsLeft | None = documents.find_readable(entry["Key"])
        found.append({**left, **text} if text else left)
    return found


def _beyond(versions: VersionPointer, keep: int) -> list[str]:
    """Published versions older than the newest ``keep``. The condition on the pointer protects the current one."""
    published = [record[SORT_KEY] for record in versions.records() if record["status"] == PUBLISHED]
    return sorted(published)[:-keep]


def _leftovers(documents: JsonDocuments, versions: VersionPointer, states: Any, run_id: str) -> list[str]:
    """Older runs that may have loaded lists, did not publish them, and are over."""
    known = {record[SORT_KEY] for record in versions.records()}
    found = []
    for version in documents.folders(RUNS_PREFIX):
        if not RUN_ID.fullmatch(version) or version >= run_id or version in known:
            continue
        layout = RunLayout(documents.bucket, version)
        execution = execution_state.of_run(documents, layout)
        # The loader starts from the manifest: without one, nothing was loaded.
        if execution is None or not any(documents.objects(layout.manifest)):
            continue
        if _is_over(states, execution):
            found.append(version)
    return found


def _is_over(states: Any, execution: str) -> bool:
    """Whether an old execution is over; if Step Functions cannot say, False with a warning."""
    try:
        return execution_state.of(states, execution).over
    except (ClientError, ParamValidationError) as error:  # the latter, if a damaged plan has no valid ARN
        if is_transient(error):
            raise
        logger.warning("the lists of run %s are left unchanged: %s", execution, error)
        return False


def _parts(documents: JsonDocuments, version: str) -> list[str]:
    """The names of a version's parts: those in its manifest, and those with files."""
    layout = RunLayout(documents.bucket, version)
    manifest = documents.find_readable(layout.manifest, list)
    try:
        named = {str(part["part"]) for part in manifest or []}
    except (DamagedObject, TypeError) as error:
        logger.warning("%s: %s", layout.manifest, error)
        named = set()
    files = (entry["Key"] for prefix in (layout.parts, layout.published_lists) for entry in documents.objects(prefix))
    stored = {key.rsplit("/", 1)[1].removesuffix(".jsonl.gz") for key in files}
    if not (named and all(map(_PART_NAME.fullmatch, named))):
        logger.warning("version %s has no parts.json: its parts are found by their files", version)
        named = set()
    # An edited manifest may lack a part that has a file. Without any name, the version is retired as one part, so that
    # the warning about lists left in the table comes once, not every week.
    return sorted(named | set(filter(_PART_NAME.fullmatch, stored))) or [run_plan.part_name(0)]
