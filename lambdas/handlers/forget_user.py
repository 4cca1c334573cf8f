"""Erases a user: invoked by an operator, not by the workflow."""

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

from contract import run_layout
from contract.erasure_document import ErasureAnswer, ErasureRecord
from contract.recommendation_table import MOST_USER_BYTES, key_text
from contract.refusal import RequestRefused
from contract.run_layout import RUN_ID, SCRATCH_PREFIX
from contract.stored_object import DamagedObject
from lambdas import aws_clients, run_log
from lambdas.forgetting.erasure import Erased, Erasure
from lambdas.forgetting.remains import remains
from lambdas.forgetting.running_executions import RunningExecutions
from lambdas.forgetting.suppression_list import SuppressionList
from lambdas.s3_json import JsonDocuments

logger = logging.getLogger(__name__)

# Time for the last document, which may be large, and for the record.
_SECONDS_TO_SPARE = 120.0


class Event(TypedDict):
    """What the operator passes."""

    user_id: object  # not validated yet
    by: NotRequired[str]  # who requests it; if missing, no name is recorded


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, context: object) -> ErasureAnswer:
    """Returns ``finished`` (if false, the same call continues the work), ``record`` (the key of the record of what was
    erased), and the content of the record.
    """
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    table, states = aws_clients.table(os.environ["TABLE"]), aws_clients.client("stepfunctions")
    machines = (os.environ["STATE_MACHINE"], os.environ["AFTER_PUBLISHING"])
    return Forgetting(documents, table, states, machines, int(os.environ["KEEP_LOGS_DAYS"])).forget(
        event["user_id"], str(event.get("by") or "not said"), datetime.now(UTC), context
    )


class Forgetting:
    """Erases users of one deployment."""

    def __init__(
        self, documents: JsonDocuments, table: Any, states: Any, machines: Sequence[str], keep_logs_days: int
    ) -> None:
        """For one bucket, one table (boto3) and two state machines (ARNs), with a Step Functions client."""
        self._documents, self._table = documents, table
        self._going = RunningExecutions(documents, states, machines)
        self._keep_logs_days = keep_logs_days

    def forget(self, given: object, by: str, now: datetime, context: object = None) -> ErasureAnswer:
        """Put the user on the suppression list, then erase. A repeated call continues, or erases what was added since.

        In this order, none of the user's data can come back: a run planned later leaves the rows out; a run planned
        earlier is over, is found in progress, or is refused when it checks the list again.

        Raises:
            RequestRefused: if the id is invalid.
            RunInProgress: if a run is in progress. The user may be on the list by then; nothing is erased.
            AwsUnavailable, WritingStalled: if AWS stays unavailable.
        """
        user = _id(given)
        self._going.refuse(now)
        hashed = SuppressionList(self._table).add(user, by, now.isoformat(timespec="seconds"))
        # Taken before the check for runs: a run that starts later has its own folder and none of the user's rows.
        runs = [folder for folder in self._documents.folders(SCRATCH_PREFIX) if RUN_ID.fullmatch(folder)]
        self._going.refuse(now)
        key = run_layout.erasure(hashed)
        erased = self._begun(key)
        erasure = Erasure(self._documents, self._table, user)
        erased.versions = sorted({*erased.versions, *erasure.lists()})
        erased.scratch += erasure.scratch(runs)
        finished = erasure.documents_of_runs(erased, lambda: aws_clients.seconds_left(context), _SECONDS_TO_SPARE)
        if finished:
            erased.older += erasure.older_versions()
        record: ErasureRecord = {
            "user": hashed,
            "by": by,
            "finished": finished,
            "at": now.isoformat(timespec="seconds"),
            "versions": erased.versions,
            "documents": erased.documents,
            "scratch": erased.scratch,
            "older": erased.older,
            "unknown": erased.unknown,
            "reached": erased.reached,
            "remains": remains(now, self._keep_logs_days),
        }
        self._documents.write(key, record)
        return {"record": f"s3://{self._documents.bucket}/{key}", **record}

    def _begun(self, key: str) -> Erased:
        """What an earlier call had erased, and its position unless it had finished."""
        record = self._documents.find_readable(key)
        try:
            return Erased() if record is None else Erased.of_record(record)
        except DamagedObject as error:
            logger.warning("everything is searched again: %s", error)
            return Erased()


def _id(given: object) -> str:
    """The id as in the lists; a number is read as its digits, as in the data."""
    text = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    if not isinstance(text, str) or not text.strip() or text != text.strip():
        raise RequestRefused(
            f"user_id must be the user's id as in the lists, without surrounding blanks, got {given!r}"
        )
    try:
        return key_text(text, MOST_USER_BYTES)
    except ValueError as fault:
        raise RequestRefused(f"user_id is not valid: {fault}") from fault
