from typing import Any

import pytest
from boto3.dynamodb.conditions import ConditionExpressionBuilder

from contract.recommendation_table import VERSION_PARTITION
from topx.actions.rollback import version_before
from topx.problem import Problem
from topx.published import versions


class Table:
    """Answers a query like DynamoDB, with one record on each page."""

    def __init__(self, **statuses: str) -> None:
        self.records = [{"version": version, "status": status} for version, status in statuses.items()]

    def query(self, **asked: Any) -> dict[str, Any]:
        built = ConditionExpressionBuilder().build_expression(asked["KeyConditionExpression"], is_key_condition=True)
        partition, *before = built.attribute_value_placeholders.values()
        assert partition == VERSION_PARTITION
        assert asked["ScanIndexForward"] is False
        if before:
            assert built.condition_expression == "(#n0 = :v0 AND #n1 < :v1)"
        found = [one for one in self.records[::-1] if not before or one["version"] < before[0]]
        first = asked.get("ExclusiveStartKey", {}).get("place", 0)
        following = {"LastEvaluatedKey": {"place": first + 1}} if first + 1 < len(found) else {}
        return {"Items": found[first : first + 1], **following}


TABLE = Table(a="published", b="published", c="retired", d="published")


def test_all_versions_come_newest_first_however_many_pages_they_take() -> None:
    assert [record["version"] for record in versions(TABLE)] == ["d", "c", "b", "a"]
    assert [record["version"] for record in versions(TABLE, older_than="c")] == ["b", "a"]
    assert list(versions(Table())) == []


def test_the_version_before_is_the_newest_older_one_that_is_kept() -> None:
    assert version_before(TABLE, "d") == "b"
    assert version_before(TABLE, "b") == "a"
    for current in ("a", None):
        with pytest.raises(Problem, match="nothing"):
            version_before(TABLE, current)
