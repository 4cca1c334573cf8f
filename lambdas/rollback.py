"""Makes an earlier version current again: called by an operator, not by the workflow."""

import os
from datetime import UTC, datetime
from typing import Any

from contract.refusal import RequestRefused
from lambdas import aws_clients
from lambdas.version_pointer import Move, VersionPointer


@aws_clients.told_as_unavailable
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event: version, by (who asks). Returns version, and the one that was current before as ``from``."""
    table = aws_clients.table(os.environ["TABLE"])
    return roll_back(VersionPointer(table), event["version"], event["by"], now=datetime.now(UTC))


def roll_back(versions: VersionPointer, version: str, by: str, *, now: datetime) -> dict[str, Any]:
    """Move the pointer to a published version; the next run publishes over it all the same.

    Raises:
        RequestRefused: when nobody is named.
        PublishRefused: when the version is unknown, retiring or retired.
    """
    if not by.strip():
        raise RequestRefused(f"by must name who rolls back, got {by!r}")
    move = Move(to=version, by=by, at=now.isoformat(timespec="milliseconds"))
    return {"version": version, "from": versions.roll_back(move)}
