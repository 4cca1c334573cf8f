"""SageMaker from an SDK's view: boto3's client against the engine, and the operations behind it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import engine
from local_aws.sagemaker_jobs.endings import RequestInvalid
from local_aws.sagemaker_jobs.sdk_operations import OperationRefused, SdkOperations
from local_aws.sagemaker_jobs.service import LocalSageMaker
from tests.engine_hook import throttling
from tests.engine_hook.throttling import Throttle
from tests.unit.local_aws import sample_requests as request_of
from tests.unit.local_aws.conftest import Switch, client_of
from tests.unit.local_aws.wire_requests import signed

SAGEMAKER = "arn:aws:states:::sagemaker:"
Operation = Callable[..., dict[str, Any]]


@pytest.fixture
def operation(sagemaker: LocalSageMaker, switch: Switch) -> Operation:
    """Calls an operation like the endpoint."""
    operations = SdkOperations(sagemaker)
    return lambda name, **request: operations.call(name, request, switch.caller)


@pytest.fixture
def models(sagemaker: LocalSageMaker, switch: Switch, bucket: str, s3: Any) -> list[str]:
    """Seven models of two runs, created one after another."""
    s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=b"")
    names = [f"nn-{run}-{number}" for number in range(4) for run in ("a", "b")][:7]
    for name in names:
        sagemaker.call("createModel", request_of.model(name, data=f"s3://{bucket}/model.tar.gz"), switch.caller)
        time.sleep(0.002)  # for distinct creation times
    return names


def test_the_tags_of_jobs_and_models_are_found_by_their_arns_and_are_not_described(
    sagemaker: LocalSageMaker, operation: Operation, switch: Switch, bucket: str, s3: Any
) -> None:
    s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=b"")
    tags, prefix = [{"Key": "topx:stack", "Value": "a"}], switch.caller.arn_prefix
    data = f"s3://{bucket}/model.tar.gz"
    sagemaker.call("createModel", request_of.model("Nn-Tagged", data=data, Tags=tags), switch.caller)
    sagemaker.call("createTrainingJob.sync", request_of.training("Fm-Tagged", bucket=bucket, Tags=tags), switch.caller)
    for resource in ("model/nn-tagged", "training-job/fm-tagged"):
        assert sagemaker.tags_of(f"{prefix}:{resource}") == {"topx:stack": "a"}
    assert sagemaker.tags_of(f"{prefix}:model/fm-tagged") is None
    assert sagemaker.tags_of(f"{prefix}:processing-job/fm-tagged") is None
    assert "Tags" not in operation("DescribeModel", ModelName="Nn-Tagged")
    assert "Tags" not in operation("DescribeTrainingJob", TrainingJobName="Fm-Tagged")
    sagemaker.call("createModel", request_of.model("nn-untagged", data=data), switch.caller)
    assert sagemaker.tags_of(f"{prefix}:model/nn-untagged") == {}


def names(answer: dict[str, Any]) -> list[str]:
    return [model["ModelName"] for model in answer["Models"]]


def test_models_are_listed_latest_first_in_pages(operation: Operation, models: list[str]) -> None:
    assert names(operation("ListModels")) == models[::-1]
    found, page = [], operation("ListModels", MaxResults=3)
    while "NextToken" in page:
        found += names(page)
        page = operation("ListModels", MaxResults=3, NextToken=page["NextToken"])
    assert found + names(page) == models[::-1]


def test_models_are_listed_by_what_is_asked_for(operation: Operation, models: list[str]) -> None:
    assert names(operation("ListModels", NameContains="-a-", SortBy="Name", SortOrder="Ascending")) == [
        "nn-a-0",
        "nn-a-1",
        "nn-a-2",
        "nn-a-3",
    ]
    third = operation("ListModels", NameContains=models[2])["Models"][0]["CreationTime"]
    assert names(operation("ListModels", CreationTimeBefore=third)) == models[1::-1]
    assert names(operation("ListModels", CreationTimeAfter=third)) == models[:2:-1]


def test_a_page_goes_on_where_it_was_though_models_are_gone(operation: Operation, models: list[str]) -> None:
    page = operation("ListModels", MaxResults=3, SortOrder="Ascending")
    for name in models[2:4]:
        operation("DeleteModel", ModelName=name)
    assert names(operation("ListModels", SortOrder="Ascending", NextToken=page["NextToken"])) == models[4:]


def test_a_deleted_model_is_neither_listed_nor_described(operation: Operation, models: list[str]) -> None:
    operation("DeleteModel", ModelName=models[0])
    assert models[0] not in names(operation("ListModels"))
    for again in ("DeleteModel", "DescribeModel"):
        with pytest.raises(OperationRefused, match=r'Could not find model "arn:aws:sagemaker:.*/nn-a-0"') as found:
            operation(again, ModelName=models[0])
        assert found.value.code == "ValidationException"


@pytest.mark.parametrize(
    ("name", "request_", "code", "message"),
    [
        ("CreateEndpoint", {}, "UnknownOperationException", "ListModels"),
        ("DescribeModel", {}, "ValidationException", "ModelName"),
        ("DescribeModel", {"ModelName": "no spaces"}, "ValidationException", "pattern"),
        ("DescribeModel", {"ModelName": 7}, "SerializationException", "must be a string"),
        ("ListModels", {"MaxResults": 101}, "ValidationException", "less than or equal to 100"),
        ("ListModels", {"NextToken": "eleven"}, "ValidationException", "NextToken 'eleven'"),
        ("DescribeTrainingJob", {"TrainingJobName": "fm-9"}, "ValidationException", "job with name: fm-9"),
        ("StopTransformJob", {"TransformJobName": "tr-9"}, "ValidationException", "job with name: tr-9"),
    ],
)
def test_a_call_that_cannot_be_is_refused(
    name: str, request_: dict[str, Any], code: str, message: str, operation: Operation
) -> None:
    with pytest.raises(OperationRefused, match=message) as found:
        operation(name, **request_)
    assert found.value.code == code


def test_a_job_that_has_ended_is_described_and_not_stopped(
    operation: Operation, sagemaker: LocalSageMaker, switch: Switch, bucket: str
) -> None:
    sagemaker.call("createTrainingJob.sync", request_of.training("fm-1", bucket=bucket), switch.caller)
    described = operation("DescribeTrainingJob", TrainingJobName="fm-1")
    assert described["TrainingJobStatus"] == "Completed"
    assert abs(described["CreationTime"] - time.time()) < 60
    with pytest.raises(OperationRefused, match="the training job is in status Completed"):
        operation("StopTrainingJob", TrainingJobName="fm-1")
    with pytest.raises(OperationRefused, match="fm-1"):  # of another kind
        operation("DescribeTransformJob", TransformJobName="fm-1")


class TestThroughTheEngine:
    @pytest.fixture
    def client(self, running: engine.RunningEngine) -> Any:
        return client_of(running, "sagemaker")

    def test_a_job_of_a_workflow_is_stopped_by_an_sdk_call_and_does_not_fail_its_state(
        self, client: Any, running: engine.RunningEngine, bucket: str, tmp_path: Path
    ) -> None:
        states, pids, name = client_of(running, "stepfunctions"), tmp_path / "pids", f"fm-{time.time_ns()}"
        request = request_of.training(name, bucket=bucket, Environment={"TOY": "sleep", "TOY_PIDS": str(pids)})
        definition = {
            "StartAt": "Train",
            "States": {
                "Train": {
                    "Type": "Task",
                    "Resource": f"{SAGEMAKER}createTrainingJob.sync",
                    "Parameters": request,
                    "End": True,
                }
            },
        }
        machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=request_of.ROLE)
        execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
        await_(pids.exists)
        assert client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
        client.stop_training_job(TrainingJobName=name)
        await_(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING")
        output = json.loads(states.describe_execution(executionArn=execution)["output"])
        described = client.describe_training_job(TrainingJobName=name)
        assert output["TrainingJobStatus"] == described["TrainingJobStatus"] == "Stopped"
        assert described["SecondaryStatus"] == "Stopped"

    def test_models_of_the_engine_are_found_and_deleted(self, client: Any) -> None:
        pages = client.get_paginator("list_models").paginate(NameContains="no-such")
        assert [model for page in pages for model in page["Models"]] == []
        with pytest.raises(ClientError, match="Could not find model") as found:
            client.delete_model(ModelName="no-such")
        assert found.value.response["Error"]["Code"] == "ValidationException"
        assert found.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400

    def test_a_body_that_is_no_json_is_refused(self, running: engine.RunningEngine) -> None:
        asked = signed(
            running, "POST", service="sagemaker", body=b"{", headers={"X-Amz-Target": "SageMaker.ListModels"}
        )
        answer = asked.sent(running)
        assert json.loads(answer.body)["__type"] == "SerializationException"


def await_(condition: Callable[[], Any], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


class TestThrottle:
    UUID = "8d3c2b1a-0000-4000-8000-00000000000"

    def test_turns_away_the_first_attempts_of_each_call_whatever_their_names_uuid(self) -> None:
        throttle = Throttle(2)
        asked = [throttle.turns_away("createModel", {"ModelName": f"nn-1-{self.UUID}{n}"}) for n in range(3)]
        assert asked == [True, True, False]
        assert throttle.turns_away("createModel", {"ModelName": f"nn-2-{self.UUID}0"})
        assert throttle.turns_away("deleteModel", {"ModelName": f"nn-1-{self.UUID}0"})

    @pytest.fixture
    def throttled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for of in (LocalSageMaker, SdkOperations):
            monkeypatch.setattr(of, "call", of.call)  # to restore it afterwards
        throttling.install(1)

    def test_no_name_is_used_by_an_attempt_that_was_turned_away(
        self, home: Any, sagemaker: LocalSageMaker, switch: Switch, bucket: str, throttled: None
    ) -> None:
        request = request_of.training("fm-1", bucket=bucket)
        with pytest.raises(RequestInvalid, match=r"Rate exceeded .*ThrottlingException") as found:
            sagemaker.call("createTrainingJob.sync", request, switch.caller)
        assert found.value.error == "SageMaker.AmazonSageMakerException"
        assert list(home.jobs.iterdir()) == []
        assert sagemaker.call("createTrainingJob.sync", request, switch.caller)["TrainingJobStatus"] == "Completed"

    def test_an_sdk_call_hears_it_as_sagemaker_says_it(
        self, sagemaker: LocalSageMaker, switch: Switch, throttled: None
    ) -> None:
        with pytest.raises(OperationRefused, match="Rate exceeded") as found:
            SdkOperations(sagemaker).call("ListModels", {}, switch.caller)
        assert found.value.code == "ThrottlingException"
