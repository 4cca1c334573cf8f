"""Makes an earlier version current again: invoked by an operator, not by the workflow."""

import os
from datetime import UTC, datetime
from typing import NotRequired, TypedDict

from contract.refusal import RequestRefused
from lambdas import aws_clients, run_log
from lambdas.publishing.version_pointer import Move, VersionPointer


class Event(TypedDict):
    """What the operator passes."""

    version: str
    by: str  # who requests it
    at: NotRequired[str]  # when, ISO 8601; default: now


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> dict[str, str]:
    """Two calls with the same three values count as one call, however often it is delivered.

    Returns the new current version, and the previous one as ``from``.
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
    """Move the pointer to a published version. The next run publishes a newer one as usual.

    Args:
        versions: those in the table.
        version: the new current version.
        by: who requests it.
        now: when it was requested; identifies the move, which is made only once.

    Raises:
        RequestRefused: if ``by`` is missing.
        PublishRefused: if the version is unknown, retiring or retired.
    """
    if not by.strip():
        raise RequestRefused(f"by must say who requests the rollback, got {by!r}")
    move = Move(to=version, by=by, at=now.isoformat(timespec="milliseconds"))
    return {"version": version, "from": versions.roll_back(move)}
