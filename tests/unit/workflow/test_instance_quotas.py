"""A run's quotas are found by name, on any page and in either of the two lists."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from contract import run_request
from contract.request_document import SizedRequest
from workflow import instance_sizes
from workflow.instance_quotas import Quota, look_up, needed, shortfalls

TRAINING, PROCESSING = "ml.c5.xlarge for training job usage", "ml.m5.xlarge for processing job usage"


def quota(name: str, value: float | None, code: str = "L-12345678") -> dict[str, Any]:
    return {"QuotaName": name, "QuotaCode": code, **({} if value is None else {"Value": value})}


@pytest.fixture
def stub() -> Stubber:
    client = boto3.client(
        "service-quotas", region_name="eu-west-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    return Stubber(client)


def request(**given: Any) -> SizedRequest:
    """A request for a run with little data."""
    values = run_request.parse(given)
    return instance_sizes.sized(values, instance_sizes.fitting(values, 0))


def test_a_run_needs_the_quotas_of_docs_deploy() -> None:
    """As on the page, which has the names of the console."""
    assert needed(request()) == {
        PROCESSING: 1,
        TRAINING: 1,
        "ml.m5.xlarge for training job usage": 1,
        "ml.c5.xlarge for transform job usage": 1,
    }


def test_jobs_of_one_kind_that_follow_each_other_need_no_more_than_the_larger() -> None:
    given = {"training_instance_count": 4, "index_instance_type": "ml.c5.xlarge", "transform_instance_count": 2}
    wanted = needed(request(**given))
    assert wanted == {PROCESSING: 1, TRAINING: 4, "ml.c5.xlarge for transform job usage": 2}


def test_spark_needs_as_many_as_it_is_given() -> None:
    spark = {"prepare_engine": "spark", "prepare_instance_type": "ml.r5.4xlarge", "prepare_instance_count": 8}
    assert needed(request(**spark))["ml.r5.4xlarge for processing job usage"] == 8
    assert needed(request(**{**spark, "prepare_engine": "single"}))["ml.r5.4xlarge for processing job usage"] == 1


def test_quotas_are_read_from_every_page_and_then_from_the_defaults(stub: Stubber) -> None:
    asked = {"ServiceCode": "sagemaker", "MaxResults": 100}
    first = {"Quotas": [quota("ml.c5.xlarge for endpoint usage", 9), quota(PROCESSING, 4, "L-1")], "NextToken": "more"}
    stub.add_response("list_service_quotas", first, asked)
    # AWS returns this for a quota that it cannot read: without a value.
    stub.add_response("list_service_quotas", {"Quotas": [quota(TRAINING, None)]}, {**asked, "NextToken": "more"})
    defaults = {"Quotas": [quota(PROCESSING, 2), quota(TRAINING, 0, "L-2")]}
    stub.add_response("list_aws_default_service_quotas", defaults, asked)
    with stub:
        found = look_up(stub.client, frozenset({TRAINING, PROCESSING}))
        stub.assert_no_pending_responses()
    assert found == {PROCESSING: Quota(4, "L-1"), TRAINING: Quota(0, "L-2")}


def test_no_more_pages_are_asked_for_than_it_takes(stub: Stubber) -> None:
    page = {"Quotas": [quota(TRAINING, 3, "L-3")], "NextToken": "more"}
    stub.add_response("list_service_quotas", page, {"ServiceCode": "sagemaker", "MaxResults": 100})
    with stub:
        assert look_up(stub.client, frozenset({TRAINING})) == {TRAINING: Quota(3, "L-3")}


def test_only_quotas_that_are_too_small_are_reported() -> None:
    has = {TRAINING: Quota(1, "L-1"), PROCESSING: Quota(0, "L-2")}
    assert shortfalls({TRAINING: 1, PROCESSING: 1}, has) == shortfalls({PROCESSING: 1}, {PROCESSING: Quota(0, "L-2")})
    (reported,) = shortfalls({TRAINING: 2}, has)
    assert f'the quota "{TRAINING}" must be at least 2, and is 1' in reported
    assert "--quota-code L-1 --desired-value 2" in reported
