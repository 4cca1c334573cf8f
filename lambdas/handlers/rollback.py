"""Makes an earlier version current again: called by an operator, not by the workflow."""

import os
from datetime import UTC, datetime
from typing import NotRequired, TypedDict

from contract.refusal import RequestRefused
from lambdas import aws_clients, run_log
from lambdas.publishing.version_pointer import Move, VersionPointer


class Event(TypedDict):
    """What the operator passes."""

    version: str
    by: str  # who asks
    at: NotRequired[str]  # when, ISO 8601; now when left out


@run_log.keyed
@aws_clients.told_as_unavailable
def handler(event: Event, _context: object) -> dict[str, str]:
    """A call with the same three is the same call, however often it is delivered.

    Returns version, and the one that was current before as ``from``.
    """
    versions = VersionPointer(aws_clients.table(os.environ["TABLE"]))
    return roll_back(versions, event["version"], event["by"], now=_moment(event.get("at")))


def _moment(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(at).astimezone(UTC)
    except (TypeError, ValueError):
        raise RequestRefused(f"at must be a time such as 2026-11-23T03:00:00.120Z, got {at!r}") from None


def roll_back(versions: VersionPointer, version: str, by: str, *, now: datetime) -> dict[str, str]:
    """Move the pointer to a published version; the next run publishes over it all the same.

    Args:
        versions: the table's.
        version: to which.
        by: who asks.
        now: when it was asked for; the same move is made once.

    Raises:
        RequestRefused: when nobody is named.
        PublishRefused: when the version is unknown, retiring or retired.
    """
    if not by.strip():
        raise RequestRefused(f"by must say who requests the rollback, got {by!r}")
    move = Move(to=version, by=by, at=now.isoformat(timespec="milliseconds"))
    return {"version": version, "from": versions.roll_back(move)}
