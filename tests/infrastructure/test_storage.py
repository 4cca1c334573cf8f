"""The bucket and the table keep what they must and drop what they may."""

from typing import Any

import pytest

from contract import recommendation_table, run_layout
from tests.infrastructure.conftest import of_type


@pytest.fixture(scope="module")
def bucket(template: dict[str, Any]) -> dict[str, Any]:
    (found,) = of_type(template, "AWS::S3::Bucket").values()
    return found


@pytest.fixture(scope="module")
def table(template: dict[str, Any]) -> dict[str, Any]:
    (found,) = of_type(template, "AWS::DynamoDB::Table").values()
    return found


def test_both_outlive_the_stack(bucket: dict[str, Any], table: dict[str, Any]) -> None:
    for resource in (bucket, table):
        assert resource["DeletionPolicy"] == "Retain"
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_is_encrypted_and_closed_to_the_public(bucket: dict[str, Any]) -> None:
    properties = bucket["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_the_bucket_refuses_unencrypted_connections(template: dict[str, Any]) -> None:
    (policy,) = of_type(template, "AWS::S3::BucketPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2  # the bucket and its objects


def test_only_scratch_expires(bucket: dict[str, Any]) -> None:
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = [rule for rule in rules if "ExpirationInDays" in rule]
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in expiring] == [(run_layout.SCRATCH_PREFIX, 30)]
    assert [rule["AbortIncompleteMultipartUpload"] for rule in rules if rule not in expiring] == [
        {"DaysAfterInitiation": 7}
    ]


def test_the_tables_keys_are_the_contracts(table: dict[str, Any]) -> None:
    assert table["Properties"]["KeySchema"] == [
        {"AttributeName": recommendation_table.PARTITION_KEY, "KeyType": "HASH"},
        {"AttributeName": recommendation_table.SORT_KEY, "KeyType": "RANGE"},
    ]


def test_the_table_is_paid_by_request_recoverable_and_protected(table: dict[str, Any]) -> None:
    properties = table["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["DeletionProtectionEnabled"] is True
    assert "TimeToLiveSpecification" not in properties  # stamped at writing it would delete a current list
