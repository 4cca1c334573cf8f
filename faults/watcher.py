"""Checks the table after each write, like a reader at that moment, and everything at the end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from contract.recommendation_table import POINTER_KEY, TableKey, default_key, user_key, version_key
from faults import aws_double
from faults.material import Prepared
from faults.turns import current

ROLL_BACK = "rollback"


@dataclass
class Watcher:
    """What readers saw. ``losses`` must stay empty."""

    table: str
    runs: Mapping[str, Prepared]  # by version
    losses: list[str] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)  # who moved the pointer, and to which version
    served: str = ""

    def __post_init__(self) -> None:
        self.served = self.pointer()

    def wrote(self, service: str, operation: str, request: AWSPreparedRequest) -> None:
        """Read like a reader; an error is the fault of the task that has just written."""
        del operation, request
        if service != "dynamodb":
            return
        task = current()
        blamed = task.name if task else "nobody"
        now = self.pointer()
        if now != self.served:
            self.moves.append((blamed, now))
            if now < self.served and not blamed.startswith(ROLL_BACK):
                self.losses.append(f"the pointer went back from {self.served} to {now} by {blamed}")
            self.served = now
        if fault := self.fault_of(now):
            self.losses.append(f"after a write of {blamed}: {fault}")

    def pointer(self) -> str:
        """The current version, from the pointer."""
        return str(self.item(POINTER_KEY)["current"])

    def status(self, version: str) -> str:
        """The status in the version's record: published, retiring, retired; empty if it has none."""
        return str(self.item(version_key(version)).get("status", ""))

    def has_published(self, version: str) -> bool:
        """Whether the version has ever been published."""
        return "published_at" in self.item(version_key(version))

    def fault_of(self, version: str) -> str:
        """What is wrong with the lists of a version; empty if all are right."""
        due = self.runs[version].due
        keys = [user_key(user, version) for user in due] + [default_key(version)]
        found = {item["pk"]["S"]: item for item in self._batch(keys)}
        missing = [user for user in due if f"user#{user}" not in found]
        if missing:
            return f"version {version} lacks the lists of {len(missing)} of {len(due)} users"
        wrong = [user for user, items in due.items() if _items(found[f"user#{user}"]) != items]
        if wrong:
            return f"version {version} has a wrong list for {len(wrong)} of {len(due)} users, {wrong[0]} the first"
        return "" if default_key(version)["pk"] in found else f"version {version} has no list for unknown users"

    def lists_left(self, version: str) -> int:
        """The number of a version's lists in the table."""
        return len(self._batch([user_key(user, version) for user in self.runs[version].due]))

    def item(self, key: TableKey) -> dict[str, str]:
        """An item's text attributes."""
        found = _asked("GetItem", {"TableName": self.table, "Key": _typed(key), "ConsistentRead": True}).get("Item", {})
        return {name: value["S"] for name, value in found.items() if "S" in value}

    def _batch(self, keys: list[TableKey]) -> list[dict[str, Any]]:
        asked = {"RequestItems": {self.table: {"Keys": [_typed(key) for key in keys], "ConsistentRead": True}}}
        found: list[dict[str, Any]] = _asked("BatchGetItem", asked)["Responses"][self.table]
        return found


def _asked(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    request = AWSPreparedRequest("POST", "http://table/", headers, json.dumps(given).encode(), False)
    answered = aws_double.answer("dynamodb", request)
    assert answered.status == 200, answered.body
    document: dict[str, Any] = json.loads(answered.body)
    return document


def _typed(key: TableKey) -> dict[str, dict[str, str]]:
    return {name: {"S": str(value)} for name, value in key.items()}


def _items(item: dict[str, Any]) -> list[str]:
    return [entry["S"] for entry in item["items"]["L"]]
