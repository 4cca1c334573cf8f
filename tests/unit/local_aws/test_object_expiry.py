"""Objects, uploads and items expire here as on AWS."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from ministack.services import dynamodb, s3

from local_aws import engine, object_expiry
from local_aws.engine_home import EngineHome
from local_aws.lifecycle_rules import Rule, is_about, of_template
from local_aws.table_items import TableItems
from tests.unit.local_aws.conftest import LAUNCHER, client_of
from tests.unit.local_aws.test_engine import wait_for

SCRATCH = {"Status": "Enabled", "Filter": {"Prefix": "scratch/"}, "Expiration": {"Days": 1}}
UPLOADS = {"Status": "Enabled", "Filter": {}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
# "An object created at 1/15/2014 10:30 AM UTC with Days 3 ... 1/19/2014 00:00 UTC": S3 user guide, with one day here.
CREATED = "2026-01-15T10:30:00.000Z"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The rules of the bucket ``b``, in this process."""
    found: list[dict[str, Any]] = [SCRATCH]
    objects = {key: {"last_modified": CREATED, "size": 3, "body": b"one"} for key in ("scratch/a", "kept/a")}
    s3._buckets["b"] = {"objects": objects, "region": "us-east-1"}
    s3._bucket_lifecycle["b"] = found
    yield found
    s3.reset()


def keys() -> list[str]:
    return sorted(s3._buckets["b"]["objects"])


def test_an_object_expires_at_the_midnight_after_its_days(rules: list[Rule]) -> None:
    assert object_expiry.remove_expired(at("2026-01-16T23:59:59")) == 0
    assert keys() == ["kept/a", "scratch/a"]
    assert object_expiry.remove_expired(at("2026-01-17T00:00:00")) == 1
    assert keys() == ["kept/a"]


def test_a_rule_that_is_disabled_does_nothing(rules: list[dict[str, Any]]) -> None:
    rules[:] = [{**SCRATCH, "Status": "Disabled"}]
    assert object_expiry.remove_expired(at("2030-01-01")) == 0


def test_an_upload_that_was_never_finished_ends(rules: list[dict[str, Any]]) -> None:
    rules[:] = [UPLOADS]
    s3._multipart_uploads["u"] = {"bucket": "b", "key": "big", "created": CREATED, "parts": {}}
    assert object_expiry.remove_expired(at("2026-01-22T23:59:59")) == 0
    assert object_expiry.remove_expired(at("2026-01-23")) == 1
    assert not s3._multipart_uploads
    assert keys() == ["kept/a", "scratch/a"]


@pytest.mark.parametrize(
    ("given", "about"),
    [
        ({}, True),
        ({"Prefix": "scratch/"}, True),
        ({"Prefix": "other/"}, False),
        ({"TagFilters": [{"Key": "kind", "Value": "draft"}]}, True),
        ({"TagFilters": [{"Key": "kind", "Value": "draft"}, {"Key": "other", "Value": "1"}]}, False),
        ({"Prefix": "scratch/", "ObjectSizeGreaterThan": "9"}, True),
        ({"ObjectSizeGreaterThan": 10}, False),
        ({"ObjectSizeLessThan": 10}, False),
    ],
)
def test_a_templates_filter_says_which_objects(given: dict[str, Any], about: bool) -> None:
    (rule,) = of_template({"Rules": [{"Status": "Enabled", "ExpirationInDays": 1, **given}]})
    assert is_about(rule, "scratch/a", 10, {"kind": "draft"}) is about


def test_items_go_when_their_time_to_live_is_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ministack's own reaper, on items on disk."""

    def asked(action: str, **request: Any) -> Any:
        target = {"x-amz-target": f"DynamoDB_20120810.{action}"}
        answer = asyncio.run(dynamodb.handle_request("POST", "/", target, json.dumps(request).encode(), {}))
        assert answer[0] == 200
        return json.loads(answer[2])

    class Once(Exception):
        pass

    def once(seconds: float, slept: list[float] = []) -> None:  # noqa: B006 - it counts its calls
        slept.append(seconds)
        if len(slept) > 1:
            raise Once

    monkeypatch.setattr(TableItems, "folder", tmp_path, raising=False)
    monkeypatch.setattr(dynamodb, "defaultdict", TableItems)
    key = {"AttributeName": "pk", "KeyType": "HASH"}
    kinds = [{"AttributeName": "pk", "AttributeType": "S"}]
    asked("CreateTable", TableName="lists", KeySchema=[key], AttributeDefinitions=kinds, BillingMode="PAY_PER_REQUEST")
    asked("UpdateTimeToLive", TableName="lists", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    for name, until in (("gone", time.time() - 1), ("there", time.time() + 99)):
        asked("PutItem", TableName="lists", Item={"pk": {"S": name}, "until": {"N": str(int(until))}})
    monkeypatch.setattr(dynamodb, "time", SimpleNamespace(time=time.time, sleep=once))
    with pytest.raises(Once):
        dynamodb._ttl_reaper()
    assert [item["pk"]["S"] for item in asked("Scan", TableName="lists")["Items"]] == ["there"]
    dynamodb.reset()


def test_a_templates_rules_hold_after_the_next_start(tmp_path: Path) -> None:
    home = EngineHome(tmp_path)
    running = engine.ensure_running(home, launcher=LAUNCHER)
    rules = [{"Id": "old", "Status": "Enabled", "Prefix": "scratch/", "ExpirationDate": "2020-01-01T00:00:00Z"}]
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": "kept", "LifecycleConfiguration": {"Rules": rules}},
    }
    cloudformation, objects = client_of(running, "cloudformation"), client_of(running, "s3")
    cloudformation.create_stack(StackName="one", TemplateBody=json.dumps({"Resources": {"Bucket": bucket}}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="one", WaiterConfig={"Delay": 1})
    (rule,) = objects.get_bucket_lifecycle_configuration(Bucket="kept")["Rules"]
    assert (rule["ID"], rule["Filter"], rule["Expiration"]["Date"].year) == ("old", {"Prefix": "scratch/"}, 2020)
    for key in ("scratch/a", "other/a"):
        objects.put_object(Bucket="kept", Key=key, Body=b"one")
    engine.stop(home)

    objects = client_of(engine.ensure_running(home, launcher=LAUNCHER), "s3")
    wait_for(lambda: objects.list_objects_v2(Bucket="kept")["KeyCount"] == 1)
    with pytest.raises(ClientError, match="404"):
        objects.head_object(Bucket="kept", Key="scratch/a")
    engine.stop(home)
