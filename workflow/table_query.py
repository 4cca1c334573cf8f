"""A query of the table, page by page."""

from collections.abc import Iterator
from typing import Any


def items(table: Any, **request: Any) -> Iterator[Any]:
    """Every item that a query finds, read consistently, in its order.

    Args:
        table: boto3 DynamoDB Table.
        request: of ``Table.query``.
    """
    request["ConsistentRead"] = True
    while True:
        page = table.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
