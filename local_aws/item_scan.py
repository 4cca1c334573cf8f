"""Makes a page of a scan decode only the items of that page, not the whole table as in ministack."""

from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import dynamodb

from local_aws.table_items import Item, TableItems


def install() -> None:
    """Limit a scan of a table to the items that fit in a page."""
    dynamodb._scan = _by_pages(dynamodb._scan)


def _by_pages(scan: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def scan_a_page(request: dict[str, Any]) -> Any:
        table = dynamodb._tables.get(dynamodb._normalize_table_name(request.get("TableName")))
        items = table["items"] if table else None
        if not isinstance(items, TableItems) or {"IndexName", "TotalSegments"} & set(request):
            return scan(request)
        # DynamoDB processes one request at a time here.
        table["items"] = _window(items, _start(table, request.get("ExclusiveStartKey")))
        try:
            return scan(request)
        finally:
            table["items"] = items

    return scan_a_page


def _start(table: dict[str, Any], key: Any) -> tuple[str, str]:
    """Where a scan continues, in ministack's order, which is by the keys' text; at the beginning without a key."""
    if not isinstance(key, dict) or table["pk_name"] not in key:
        return "", ""
    sort = dynamodb._extract_key_val(key.get(table["sk_name"])) if table["sk_name"] else ""
    return dynamodb._extract_key_val(key[table["pk_name"]]), sort


def _window(items: TableItems, start: tuple[str, str]) -> dict[str, dict[str, Item]]:
    """The items from ``start`` on, more than a page's 1 MB if there are."""
    window: dict[str, dict[str, Item]] = {}
    room = dynamodb._DDB_PAGE_SIZE_BYTES
    for partition, sort in _keys(items, start):
        item = items.read(partition, sort)
        window.setdefault(partition, {})[sort] = item
        if room < 0:
            break
        room -= dynamodb._item_size_bytes(item)
    return window


def _keys(items: TableItems, start: tuple[str, str]) -> Iterator[tuple[str, str]]:
    for partition in sorted(name for name in items if name >= start[0]):
        for sort in sorted(items.sorts(partition)):
            if (partition, sort) >= start:
                yield partition, sort
