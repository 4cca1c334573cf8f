"""Scans of items on disk return the same as ministack's with items in memory, page by page."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.services import dynamodb

from local_aws import item_scan
from local_aws.table_items import TableItems

SCANS: list[dict[str, Any]] = [
    {},
    {"Limit": 3},
    {"Limit": 40},
    {"ProjectionExpression": "pk, n"},
    {"FilterExpression": "n > :n", "ExpressionAttributeValues": {":n": {"N": "30"}}, "Limit": 7},
    {"Select": "COUNT"},
    {"Segment": 1, "TotalSegments": 2},
]


def ask(action: str, **request: Any) -> dict[str, Any]:
    target = {"x-amz-target": f"DynamoDB_20120810.{action}"}
    status, _, body = asyncio.run(dynamodb.handle_request("POST", "/", target, json.dumps(request).encode(), {}))
    assert status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


def pages(scan: dict[str, Any]) -> list[dict[str, Any]]:
    found = [ask("Scan", TableName="lists", **scan)]
    while "LastEvaluatedKey" in found[-1]:
        found.append(ask("Scan", TableName="lists", ExclusiveStartKey=found[-1]["LastEvaluatedKey"], **scan))
    return found


@pytest.fixture
def in_memory_and_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(TableItems, "folder", tmp_path, raising=False)
    monkeypatch.setattr(dynamodb, "_scan", dynamodb._scan)
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "version", "KeyType": "RANGE"}]
    kinds = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "version")]
    ask("CreateTable", TableName="lists", KeySchema=keys, AttributeDefinitions=kinds, BillingMode="PAY_PER_REQUEST")
    for n in range(60):  # 2.1 MB: three pages
        text = {"S": "x" * (35_000 if n % 3 else 500 * n)}
        key = {"pk": {"S": f"user#{n % 23}"}, "version": {"S": f"v{n // 23}"}}
        ask("PutItem", TableName="lists", Item={**key, "n": {"N": str(n)}, "text": text})
    yield
    dynamodb.reset()


@pytest.mark.usefixtures("in_memory_and_on_disk")
def test_pages_are_the_same() -> None:
    expected = [pages(scan) for scan in SCANS]
    (table,) = dynamodb._tables.values()
    assert isinstance(table["items"], defaultdict)
    assert len(expected[0]) > 1
    table["items"] = TableItems(dict, table["items"])
    item_scan.install()
    for scan, known in zip(SCANS, expected, strict=True):
        assert pages(scan) == known, scan
    assert isinstance(table["items"], TableItems)


@pytest.mark.usefixtures("in_memory_and_on_disk")
def test_a_page_decodes_no_more_than_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    (table,) = dynamodb._tables.values()
    table["items"] = TableItems(dict, table["items"])
    item_scan.install()
    read, decode = list[str](), TableItems.read
    monkeypatch.setattr(TableItems, "read", lambda items, pk, sk: read.append(pk) or decode(items, pk, sk))
    ask("Scan", TableName="lists")
    assert len(read) < 45
