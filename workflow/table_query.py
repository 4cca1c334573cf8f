"""Queries the table, page by page."""

from collections.abc import Iterator
from typing import Any


def items(table: Any, **request: Any) -> Iterator[Any]:
    """All items that a query finds, with consistent reads, in its order.

    Args:
        table: boto3 DynamoDB Table.
        request: arguments of ``Table.query``.
    """
    request["ConsistentRead"] = True
    while True:
        page = table.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
