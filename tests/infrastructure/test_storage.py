"""The bucket and the table keep what they must and delete what they may."""

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from contract import recommendation_table, run_layout
from infra.settings import Settings
from infra.storage import Storage
from tests.infrastructure.template_parts import of_type


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
        assert resource["DeletionPolicy"] in ("Retain", "RetainExceptOnCreate")
        assert resource["UpdateReplacePolicy"] == "Retain"


def storage(**context: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """The bucket and the table with these settings."""
    stack = Stack(App(), "Any")
    Storage(stack, "Storage", settings=Settings.from_context(context.get))
    template: dict[str, Any] = Template.from_stack(stack).to_json()
    (bucket,), (table,) = (of_type(template, f"AWS::{kind}").values() for kind in ("S3::Bucket", "DynamoDB::Table"))
    return bucket, table


@pytest.mark.parametrize(("protected", "table_stays"), [("true", "Retain"), ("false", "RetainExceptOnCreate")])
def test_a_failed_creation_takes_with_it_what_may_be_deleted(protected: str, table_stays: str) -> None:
    """ "Options", DeletionPolicy attribute, CloudFormation template reference."""
    bucket, table = storage(deletion_protection=protected)
    assert (bucket["DeletionPolicy"], table["DeletionPolicy"]) == ("RetainExceptOnCreate", table_stays)
    assert table["Properties"]["DeletionProtectionEnabled"] is (table_stays == "Retain")


def test_what_is_replaced_under_input_is_kept_for_as_long_as_is_asked_for() -> None:
    properties = storage(keep_replaced_input_days=30)[0]["Properties"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    days = {
        rule["Prefix"]: rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in properties["LifecycleConfiguration"]["Rules"]
        if "NoncurrentVersionExpiration" in rule
    }
    # Everything that is written has one of these prefixes: files of runs are never replaced, scratch expires.
    assert days == {"input/": 30, "erasures/": 1, "runs/": 1, "scratch/": 1, "swept/": 1}
    assert set(days) == {
        f"{value.split('/')[0]}/" for name, value in vars(run_layout).items() if name.endswith("_PREFIX")
    }


def test_by_itself_the_bucket_has_no_versions_and_no_access_logs(bucket: dict[str, Any]) -> None:
    assert "VersioningConfiguration" not in bucket["Properties"]
    assert "LoggingConfiguration" not in bucket["Properties"]


def test_access_is_logged_where_a_bucket_for_it_is_named() -> None:
    properties = storage(access_log_bucket="our-logs", stack_name="shop")[0]["Properties"]
    assert properties["LoggingConfiguration"] == {"DestinationBucketName": "our-logs", "LogFilePrefix": "shop/"}


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
    assert "TimeToLiveSpecification" not in properties  # set at writing it would delete a current list
