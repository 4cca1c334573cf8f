"""The Model Registry of the embedded AWS: groups, and their packages by number."""

import json
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws import engine
from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs.sdk_operations import OperationRefused, SdkOperations
from local_aws.sagemaker_jobs.service import LocalSageMaker
from tests.unit.local_aws import sample_requests as request_of
from tests.unit.local_aws.conftest import Switch, administrator_of, client_of
from tests.unit.local_aws.toy_engine import ToyCatalogue


class Registry:
    """Calls an engine's operations like its endpoint."""

    def __init__(self, sagemaker: LocalSageMaker, switch: Switch) -> None:
        self.operations, self.switch = SdkOperations(sagemaker), switch

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        return self.operations.call(operation, request, self.switch.caller)

    def add(self, group: str, **more: Any) -> str:
        request = {**package(), "ModelPackageGroupName": group, **more}
        return str(self("CreateModelPackage", **request)["ModelPackageArn"])

    def listed(self, **request: Any) -> list[int]:
        found = self("ListModelPackages", **request)["ModelPackageSummaryList"]
        return [one["ModelPackageVersion"] for one in found]


def package() -> dict[str, Any]:
    container = {"Image": request_of.KNN_IMAGE, "ModelDataUrl": "s3://data/model.tar.gz"}
    return {
        "ModelPackageDescription": "20261123: 6 users, 40 items",
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {"Containers": [container]},
        "CustomerMetadataProperties": {"run_id": "20261123"},
    }


@pytest.fixture
def registry(sagemaker: LocalSageMaker, switch: Switch) -> Registry:
    made = Registry(sagemaker, switch)
    made("CreateModelPackageGroup", ModelPackageGroupName="shop")
    return made


def test_a_package_is_described_as_it_was_made(registry: Registry) -> None:
    arn = registry.add("shop")
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:model-package/shop/1"
    described = registry("DescribeModelPackage", ModelPackageName=arn)
    assert package().items() <= described.items()
    assert (described["ModelPackageVersion"], described["ModelPackageStatus"]) == (1, "Completed")
    assert abs(described["CreationTime"] - time.time()) < 60


def test_packages_are_numbered_within_their_group_and_listed_latest_first(registry: Registry) -> None:
    registry("CreateModelPackageGroup", ModelPackageGroupName="other")
    for _ in range(3):
        registry.add("shop")
    assert registry.add("other").endswith(":model-package/other/1")
    assert registry.listed(ModelPackageGroupName="shop") == [3, 2, 1]
    page = registry("ListModelPackages", ModelPackageGroupName="shop", MaxResults=2)
    assert [one["ModelPackageVersion"] for one in page["ModelPackageSummaryList"]] == [3, 2]
    assert registry.listed(ModelPackageGroupName="shop", MaxResults=2, NextToken=page["NextToken"]) == [1]
    assert registry.listed(ModelPackageGroupName="shop", CreationTimeAfter=time.time() + 60) == []


def test_one_token_makes_one_package(registry: Registry) -> None:
    first = registry.add("shop", ClientToken="run-1")
    assert registry.add("shop", ClientToken="run-1") == first
    assert registry.add("shop", ClientToken="run-2") != first
    assert registry.listed(ModelPackageGroupName="shop") == [2, 1]


def test_what_is_registered_outlives_the_engine(
    registry: Registry, home: EngineHome, running: engine.RunningEngine, switch: Switch
) -> None:
    arn = registry.add("shop")
    again = Registry(LocalSageMaker(home, ToyCatalogue(), running.endpoint, administrator_of(running)), switch)
    assert again("DescribeModelPackage", ModelPackageName=arn)["ModelPackageArn"] == arn


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("CreateModelPackageGroup", {"ModelPackageGroupName": "shop"}, "Model Package Group already exists: arn:aws"),
        ("CreateModelPackageGroup", {"ModelPackageGroupName": "no spaces"}, "pattern"),
        ("CreateModelPackage", {"ModelPackageGroupName": "unknown"}, "ModelPackageGroup unknown does not exist"),
        ("CreateModelPackage", {"ModelPackageName": "alone"}, "only packages of a group"),
        ("CreateModelPackage", {"ModelPackageGroupName": "shop", "Tags": [{"Key": "a", "Value": "b"}]}, "Tags cannot"),
        ("CreateModelPackage", {"ModelPackageGroupName": "shop", "ModelApprovalStatus": "Fine"}, "enum"),
        (
            "CreateModelPackage",
            {"ModelPackageGroupName": "shop", "CustomerMetadataProperties": {"gate": '{"baseline": 1}'}},
            "pattern",
        ),
        ("ListModelPackages", {"ModelPackageGroupName": "unknown"}, "does not exist"),
        ("ListModelPackages", {}, "only the packages of a group"),
        (
            "DescribeModelPackage",
            {"ModelPackageName": "arn:aws:sagemaker:us-east-1:000000000000:model-package/shop/9"},
            "does not exist",
        ),
        ("DescribeModelPackage", {"ModelPackageName": "shop"}, "does not exist"),
    ],
)
def test_what_cannot_be_is_refused(operation: str, request_: dict[str, Any], message: str, registry: Registry) -> None:
    with pytest.raises(OperationRefused, match=message) as found:
        registry(operation, **request_)
    assert found.value.code == "ValidationException"


def test_a_role_reaches_the_groups_and_packages_of_its_policy(running: engine.RunningEngine) -> None:
    """Through the endpoint, whose calls IAM authorizes by the ARN of the group or of the package."""
    administrator = client_of(running, "sagemaker")
    administrator.create_model_package_group(ModelPackageGroupName="judged")
    arn = administrator.create_model_package(ModelPackageGroupName="judged", **package())["ModelPackageArn"]
    group = f"arn:aws:sagemaker:{running.region}:{running.account}:model-package-group/judged"
    client = allowed(running, ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"], [group, arn])
    assert client.create_model_package(ModelPackageGroupName="judged", **package())["ModelPackageArn"].endswith("/2")
    assert client.describe_model_package(ModelPackageName=arn)["ModelPackageVersion"] == 1
    for call in (
        lambda: client.create_model_package(ModelPackageGroupName="judged-2", **package()),
        lambda: client.list_model_packages(ModelPackageGroupName="judged"),
        lambda: client.describe_model_package(ModelPackageName=arn.replace("/1", "/2")),
    ):
        with pytest.raises(ClientError) as denied:
            call()
        assert denied.value.response["Error"]["Code"] == "AccessDeniedException"


def allowed(running: engine.RunningEngine, actions: list[str], resources: list[str]) -> Any:
    """A SageMaker client for a user who may perform these actions on these resources."""
    iam, name = client_of(running, "iam"), f"user-{time.time_ns()}"
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    session = boto3.session.Session(made["AccessKeyId"], made["SecretAccessKey"], region_name=running.region)
    return session.client("sagemaker", endpoint_url=running.endpoint, config=Config(proxies={}))
