"""The pointer to the current version, and all transitions that compete for it.

A transition is one transaction over the pointer and the version's record, so no reader sees half of it, a version
cannot become current while it is being retired, and a version that is becoming current cannot be retired.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from boto3.dynamodb.conditions import Key

from contract.recommendation_table import (
    MOVE_PARTITION,
    PARTITION_KEY,
    POINTER_KEY,
    PUBLISHED,
    RETIRED,
    RETIRING,
    SORT_KEY,
    VERSION_PARTITION,
    TableKey,
    version_key,
)
from contract.refusal import PublishRefused
from contract.version_record import Pointer, VersionFacts, VersionRecord
from lambdas.aws_clients import AwsUnavailable
from workflow import table_query

# A transition that lost a race tries again; after this many attempts, something is wrong.
_ATTEMPTS = 10
_MOST_SECONDS_ASIDE = 0.2

Action = dict[str, Any]
"""An element of TransactWriteItems' TransactItems."""


@dataclass(frozen=True)
class Move:
    """Who moves the pointer to which version, and when (ISO 8601, UTC)."""

    to: str
    by: str
    at: str


@dataclass(frozen=True)
class VersionPointer:
    """The pointer and the versions' records in one table."""

    table: Any  # boto3 DynamoDB Table

    def pointer(self) -> Pointer:
        """The pointer; empty if nothing was ever published."""
        return cast(Pointer, self._get(POINTER_KEY))

    def record(self, version: str) -> VersionRecord:
        """A version's record; empty if there is none."""
        return cast(VersionRecord, self._get(version_key(version)))

    def records(self) -> Iterator[VersionRecord]:
        """Every version's record, oldest first."""
        return table_query.items(self.table, KeyConditionExpression=Key(PARTITION_KEY).eq(VERSION_PARTITION))

    def published_by(self, version: str, by: str) -> VersionRecord:
        """A version's record if ``by`` has published it, whatever happened to it since; otherwise empty."""
        found = self.record(version)
        return found if found.get("published_by") == by else cast(VersionRecord, {})

    def publish(self, move: Move, facts: VersionFacts) -> VersionRecord:
        """Make a new version current and newest, and write its record. Returns the record.

        Publishing again changes nothing, whatever happened to the version since: the response to the first attempt may
        have been lost, or the call delivered twice.

        Args:
            move: to the new version.
            facts: the fields of its record besides status, published_at and published_by.

        Raises:
            PublishRefused: if a newer version is published, or another execution has written this version's record.
            AwsUnavailable: if every attempt lost the race for the pointer.
        """
        key = version_key(move.to)
        published: VersionRecord = {
            "pk": key["pk"],
            "version": key["version"],
            "status": PUBLISHED,
            "published_at": move.at,
            "published_by": move.by,
        }
        record: VersionRecord = {**facts, **published}
        for _ in range(_ATTEMPTS):
            pointer, taken = self.pointer(), self.record(move.to)
            if taken.get("published_by") == move.by:
                return taken
            refuse_older(move.to, pointer)
            if taken:
                raise PublishRefused(f"version {move.to} is {taken['status']} already; start another run")
            left = pointer.get("current")
            newer = "(attribute_not_exists(newest) OR newest < :to)"
            update = self._move(move, left, "SET #current = :to, newest = :to, moved_at = :at, moved_by = :by", newer)
            if self._transact(self._put_new(record), update, self._put_move(move, left)):
                return record
            _step_aside()
        raise _outrun(f"{move.to} was published")

    def roll_back(self, move: Move) -> str:
        """Make a published version current again; ``newest`` stays. Returns the version that was current.

        A move that was made already, because its response was lost or the call is delivered twice, is not made again,
        however late: the pointer may have moved since.

        Raises:
            PublishRefused: if the version is unknown, retiring or retired.
            AwsUnavailable: if every attempt lost the race for the pointer.
        """
        published = {
            "ConditionCheck": {
                "TableName": self.table.name,
                "Key": version_key(move.to),
                "ConditionExpression": "#status = :published",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": {":published": PUBLISHED},
            }
        }
        for _ in range(_ATTEMPTS):
            if made := self._get(_move_key(move)):
                return str(made["from"])
            self._require_published(move.to)
            left: str = self.pointer()["current"]
            if left == move.to:
                return left
            update = self._move(move, left, "SET #current = :to, moved_at = :at, moved_by = :by", "")
            if self._transact(published, update, self._put_move(move, left)):
                return left
            _step_aside()
        raise _outrun(f"it was rolled back to {move.to}")

    def mark_retiring(self, version: str) -> bool:
        """Mark a published version as retiring, unless it is current or no longer published. Returns whether it did."""
        return self._transact(
            {
                "ConditionCheck": {
                    "TableName": self.table.name,
                    "Key": POINTER_KEY,
                    "ConditionExpression": "#current <> :version",
                    "ExpressionAttributeNames": {"#current": "current"},
                    "ExpressionAttributeValues": {":version": version},
                }
            },
            self._set_status(version, PUBLISHED, RETIRING),
        )

    def mark_leftover(self, version: str) -> bool:
        """Give a run that never published a retiring record, so that it cannot publish any more."""
        return self._transact(self._put_new({**version_key(version), "status": RETIRING}))

    def mark_retired(self, version: str, *, left: Sequence[str] = ()) -> bool:
        """Record that a retiring version's lists are deleted, except those of the parts ``left``."""
        update = self._set_status(version, RETIRING, RETIRED)
        if left:
            update["Update"]["UpdateExpression"] += ", lists_left = :left"
            update["Update"]["ExpressionAttributeValues"][":left"] = list(left)
        return self._transact(update)

    def _get(self, key: TableKey) -> Any:
        return self.table.get_item(Key=key, ConsistentRead=True).get("Item", {})

    def _require_published(self, version: str) -> None:
        status = {record[SORT_KEY]: record["status"] for record in self.records()}
        if status.get(version) != PUBLISHED:
            published = [known for known in status if status[known] == PUBLISHED]
            raise PublishRefused(
                f"version {version} is {status.get(version, 'unknown')}; these can become current: "
                f"{', '.join(published) or 'none, nothing is published yet'}"
            )

    def _move(self, move: Move, left: str | None, change: str, condition: str) -> Action:
        """The pointer's update, on condition that the pointer has not changed since it was read."""
        stands = "attribute_not_exists(#current)" if left is None else "#current = :from"
        values = {":to": move.to, ":at": move.at, ":by": move.by} | ({} if left is None else {":from": left})
        return {
            "Update": {
                "TableName": self.table.name,
                "Key": POINTER_KEY,
                "UpdateExpression": change,
                "ConditionExpression": f"{stands} AND {condition}" if condition else stands,
                "ExpressionAttributeNames": {"#current": "current"},
                "ExpressionAttributeValues": values,
            }
        }

    def _put_new(self, item: Mapping[str, object]) -> Action:
        condition = f"attribute_not_exists({PARTITION_KEY})"
        return {"Put": {"TableName": self.table.name, "Item": item, "ConditionExpression": condition}}

    def _put_move(self, move: Move, left: str | None) -> Action:
        return self._put_new({**_move_key(move), "at": move.at, "by": move.by, "from": left, "to": move.to})

    def _set_status(self, version: str, before: str, after: str) -> Action:
        return {
            "Update": {
                "TableName": self.table.name,
                "Key": version_key(version),
                "UpdateExpression": "SET #status = :after",
                "ConditionExpression": "#status = :before",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": {":before": before, ":after": after},
            }
        }

    def _transact(self, *actions: Action) -> bool:
        """Execute the transaction. False if a condition failed, or a conflicting transaction was faster."""
        try:
            self.table.meta.client.transact_write_items(TransactItems=list(actions))
        except self.table.meta.client.exceptions.TransactionCanceledException as error:
            reasons = {reason["Code"] for reason in error.response["CancellationReasons"]}
            if not reasons <= {"None", "ConditionalCheckFailed", "TransactionConflict"}:
                raise
            return False
        return True


def _step_aside() -> None:
    """Wait a random moment, so that two competing transitions do not collide again."""
    time.sleep(random.uniform(0, _MOST_SECONDS_ASIDE))  # noqa: S311 - jitter is no secret


def _outrun(meanwhile: str) -> AwsUnavailable:
    return AwsUnavailable(
        f"the pointer was moved, or locked by a transaction, {_ATTEMPTS} times while {meanwhile}; try again"
    )


def _move_key(move: Move) -> TableKey:
    """The key of a move's record. Two moves at the same moment differ at least in their target."""
    return {PARTITION_KEY: MOVE_PARTITION, SORT_KEY: f"{move.at}#{move.to}"}


def refuse_older(version: str, pointer: Pointer) -> None:
    """Check that nothing newer than ``version`` is published.

    Raises:
        PublishRefused: naming the newer version.
    """
    newest = pointer.get("newest", "")
    if newest > version:
        raise PublishRefused(
            f"version {newest} is published already and newer than {version}: readers keep the newer lists; start "
            "another run if this data should replace them"
        )
