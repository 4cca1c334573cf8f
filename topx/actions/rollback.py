"""``topx rollback``: makes an earlier version current again."""

from datetime import UTC, datetime
from typing import Any

from contract.recommendation_table import PUBLISHED, SORT_KEY
from contract.visible_text import visible
from topx.called_function import call, this_machines_user
from topx.deployment import Deployment
from topx.problem import Problem
from topx.published import current_version, versions
from topx.terminal import Terminal


def rollback(deployment: Deployment, console: Terminal, *, version: str | None, by: str | None) -> int:
    """Call the deployed function, which moves the pointer and records who did it, when, and both versions.

    Args:
        deployment: whose pointer to move.
        console: for the result.
        version: the new current version; by default, the one published before the current one.
        by: who requests it; by default, this machine's user.

    Raises:
        Problem: if there is no such version, or it is retiring or retired.
    """
    who = by or this_machines_user()
    to = version or version_before(deployment.table, current_version(deployment.table))
    # With the same time, a retried call counts as the same call.
    asked_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    asked = {"version": to, "by": who, "at": asked_at}
    answer = call(deployment.functions, deployment.rollback_function, asked)
    text = f"Readers get version {to} again, instead of {answer['from']}. Recorded as requested by {visible(who)}."
    if answer["from"] == to:
        text = f"Version {to} is already the current one; nothing was changed."
    console.print(text, soft_wrap=True)
    return 0


def version_before(table: Any, current: str | None) -> str:
    """The newest published version older than the current one; ``table`` is a boto3 Table.

    Raises:
        Problem: if there is none.
    """
    if current is None:
        raise Problem("nothing is published yet, so there is nothing to go back to")
    for record in versions(table, current):
        if record["status"] == PUBLISHED:
            return str(record[SORT_KEY])
    raise Problem(f"no version older than {current}, the current one, is kept: there is nothing to go back to")
