"""Erases one user from the table and from all documents of runs in the bucket."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.conditions import Key

from contract.documents_of_users import Holds, holds
from contract.erasure_document import ErasureRecord
from contract.recommendation_table import PARTITION_KEY, SORT_KEY, user_key
from contract.run_layout import RUNS_PREFIX, SCRATCH_PREFIX, RunLayout
from contract.stored_object import DamagedObject
from lambdas.forgetting.erased_documents import emptied, without_user
from lambdas.loading.batch_write import write_all
from lambdas.s3_json import JsonDocuments
from workflow import table_query

_CONTENT_TYPES = {"gz": "application/gzip", "html": "text/html", "json": "application/json"}
REWRITTEN, DAMAGED = "rewritten", "emptied, because it was damaged"

logger = logging.getLogger(__name__)


@dataclass
class Erased:
    """What was done so far; ``reached`` is the last key of the runs' documents that was processed."""

    versions: list[str] = field(default_factory=list)  # versions whose list of the user was deleted
    documents: dict[str, str] = field(default_factory=dict)  # by key, what was done to the document
    scratch: int = 0  # number of objects
    older: int = 0  # number of noncurrent object versions, if the bucket is versioned
    unknown: list[str] = field(default_factory=list)  # keys under runs/ that topx did not write
    reached: str = ""

    @classmethod
    def of_record(cls, record: ErasureRecord) -> "Erased":
        """What an earlier call has recorded; continues where that call stopped, or starts again if it had finished."""
        return cls(
            versions=list(record["versions"]),
            documents=dict(record["documents"]),
            scratch=record["scratch"],
            older=record["older"],
            reached="" if record["finished"] else record["reached"],
        )


@dataclass(frozen=True)
class Erasure:
    """The erasure of one user. No run may be in progress at the same time."""

    documents: JsonDocuments
    table: Any  # boto3 DynamoDB Table
    user: str

    def lists(self) -> list[str]:
        """Delete the user's list from every version; returns the versions."""
        condition = Key(PARTITION_KEY).eq(user_key(self.user, "")[PARTITION_KEY])
        only_keys = f"{PARTITION_KEY}, {SORT_KEY}"
        lists = table_query.items(self.table, KeyConditionExpression=condition, ProjectionExpression=only_keys)
        found: list[str] = [item[SORT_KEY] for item in lists]
        requests = ({"DeleteRequest": {"Key": user_key(self.user, version)}} for version in found)
        write_all(self.table.meta.client, self.table.name, requests, total=len(found))
        return found

    def scratch(self, runs: Sequence[str]) -> int:
        """Delete all scratch files of these runs; returns how many."""
        return sum(
            self.documents.delete({"Key": entry["Key"]} for entry in self.documents.objects(RunLayout("", run).scratch))
            for run in runs
        )

    def documents_of_runs(self, erased: Erased, seconds_left: Callable[[], float], spare: float) -> bool:
        """Remove the user from every document after ``erased.reached``, in order, and record the progress there.

        Args:
            spare: seconds to leave for other work; no document is started with less time left.

        Returns:
            Whether all documents were processed.
        """
        for entry in self.documents.objects(RUNS_PREFIX, after=erased.reached):
            if seconds_left() < spare:
                return False
            key = entry["Key"]
            what = self._holds(key)
            if what is None:
                if not key.endswith("/"):
                    erased.unknown.append(key)
            elif what is not Holds.NOBODY and (done := self._rewrite(key, what)):
                erased.documents[key] = done
            erased.reached = key
        return True

    def older_versions(self) -> int:
        """Delete the noncurrent versions of files that contain users, if the bucket is versioned; returns how many."""
        return sum(self.documents.delete(self._older(prefix)) for prefix in (RUNS_PREFIX, SCRATCH_PREFIX))

    def _rewrite(self, key: str, what: Holds) -> str | None:
        body = self.documents.find_bytes(key)
        if body is None:
            return None
        try:
            other = without_user(body, key, what, self.user)
        except (DamagedObject, UnicodeDecodeError) as error:
            logger.warning("%s is emptied: %s", key, error)
            self._put(key, emptied(what))
            return DAMAGED
        if other is None:
            return None
        self._put(key, other)
        return REWRITTEN

    def _put(self, key: str, body: bytes) -> None:
        self.documents.s3.put_object(
            Bucket=self.documents.bucket,
            Key=key,
            Body=body,
            ContentType=_CONTENT_TYPES[key.rsplit(".", 1)[1]],
            ChecksumAlgorithm="SHA256",
        )

    def _older(self, prefix: str) -> Iterator[dict[str, str]]:
        pages = self.documents.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.documents.bucket, Prefix=prefix
        )
        for page in pages:
            versions = [entry for entry in page.get("Versions", []) if not entry["IsLatest"]]
            for entry in (*versions, *page.get("DeleteMarkers", [])):
                if prefix == SCRATCH_PREFIX or self._holds(entry["Key"]) not in (None, Holds.NOBODY):
                    yield {"Key": entry["Key"], "VersionId": entry["VersionId"]}

    def _holds(self, key: str) -> Holds | None:
        run = key.removeprefix(RUNS_PREFIX).partition("/")[0]
        return holds(RunLayout(self.documents.bucket, run), key)
