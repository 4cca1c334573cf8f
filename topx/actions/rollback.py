"""``topx rollback``: give readers an earlier version again."""

from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.conditions import Key

from contract.recommendation_table import PARTITION_KEY, PUBLISHED, SORT_KEY, VERSION_PARTITION
from contract.visible_text import visible
from topx.called_function import call, this_machines_user
from topx.deployment import Deployment
from topx.problem import Problem
from topx.published import current_version
from topx.terminal import Terminal


def rollback(deployment: Deployment, console: Terminal, *, version: str | None, by: str | None) -> int:
    """Have the deployed function move the pointer, which also records who, when, from where and to where.

    Args:
        deployment: whose pointer.
        console: for the result.
        version: to which; the one published before the current when left out.
        by: who asks; this machine's user when left out.

    Raises:
        Problem: when there is no such version, or it is retiring or retired.
    """
    who = by or this_machines_user()
    to = version or version_before(deployment.table, current_version(deployment.table))
    # The time makes a call that is repeated on its way the same call.
    asked_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    asked = {"version": to, "by": who, "at": asked_at}
    answer = call(deployment.functions, deployment.rollback_function, asked)
    said = f"Readers get version {to} again, instead of {answer['from']}. Recorded as {visible(who)}'s wish."
    if answer["from"] == to:
        said = f"Version {to} is served already; nothing was changed."
    console.print(said, soft_wrap=True)
    return 0


def version_before(table: Any, current: str | None) -> str:
    """The newest published version that is older than the current one; ``table`` is a boto3 Table.

    Raises:
        Problem: when there is none.
    """
    if current is None:
        raise Problem("nothing is published yet, so there is nothing to go back to")
    older = {
        "KeyConditionExpression": Key(PARTITION_KEY).eq(VERSION_PARTITION) & Key(SORT_KEY).lt(current),
        "ScanIndexForward": False,
        "ConsistentRead": True,
    }
    while True:
        page = table.query(**older)
        for record in page["Items"]:
            if record["status"] == PUBLISHED:
                return str(record[SORT_KEY])
        if "LastEvaluatedKey" not in page:
            raise Problem(
                f"no version older than {current}, which is served now, is kept: there is nothing to go back to"
            )
        older["ExclusiveStartKey"] = page["LastEvaluatedKey"]
