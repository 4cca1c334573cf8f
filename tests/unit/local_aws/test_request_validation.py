"""A valid request is accepted; each invalid one is rejected, with the error name that a state's Retry sees."""

from copy import deepcopy
from typing import Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from local_aws.algorithm_rules import algorithm_faults
from local_aws.request_validation import validate
from local_aws.sagemaker_jobs.endings import RequestInvalid
from local_aws.service_model import compiled, request_faults, sagemaker_model
from tests.unit.local_aws import sample_requests as good

GOOD: dict[str, dict[str, Any]] = {
    "CreateTrainingJob": good.training(Tags=[{"Key": "größe", "Value": "a b/c"}], Environment={"A": "b"}),
    "CreateProcessingJob": good.processing(),
    "CreateTransformJob": good.transform(),
    "CreateModel": good.model(),
    "DeleteModel": {"ModelName": "nn-1"},
}
RUNTIME, SAGEMAKER = "States.Runtime", "SageMaker.AmazonSageMakerException"
REMOVED = object()


def spoiled(operation: str, path: str, value: Any) -> dict[str, Any]:
    request = deepcopy(GOOD[operation])
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place: Any = request
    for step in way:
        place = place[step]
    if value is REMOVED:
        del place[last]
    else:
        place[last] = value
    return request


def refusal(operation: str, request: dict[str, Any]) -> RequestInvalid:
    with pytest.raises(RequestInvalid) as caught:
        validate(operation, request)
    return caught.value


@pytest.mark.parametrize("operation", GOOD)
def test_a_good_request_is_taken(operation: str) -> None:
    validate(operation, GOOD[operation])


SPOILED = [
    # Unknown fields, at the top and below: Step Functions does not even call SageMaker.
    ("CreateTrainingJob", "TrainingJobNam", "x", RUNTIME, "TrainingJobNam"),
    ("CreateTrainingJob", "ResourceConfig/InstanceTyp", "ml.m5.xlarge", RUNTIME, "ResourceConfig.InstanceTyp"),
    ("CreateTrainingJob", "InputDataConfig/0/DataSource/S3DataSource/Uri", "s3://b/c", RUNTIME, "InputDataConfig[0]"),
    ("CreateModel", "PrimaryContainer/ImageUri", "x", RUNTIME, "PrimaryContainer.ImageUri"),
    ("DeleteModel", "Name", "x", RUNTIME, "Name"),
    # Required ones.
    ("CreateTrainingJob", "RoleArn", REMOVED, RUNTIME, "'RoleArn' is required"),
    ("CreateTrainingJob", "OutputDataConfig/S3OutputPath", REMOVED, RUNTIME, "S3OutputPath"),
    ("CreateTrainingJob", "AlgorithmSpecification", REMOVED, SAGEMAKER, "AlgorithmSpecification"),
    ("CreateTrainingJob", "AlgorithmSpecification/TrainingImage", REMOVED, SAGEMAKER, "TrainingImage"),
    ("CreateTrainingJob", "ResourceConfig/InstanceCount", REMOVED, SAGEMAKER, "InstanceCount"),
    ("CreateProcessingJob", "ProcessingResources/ClusterConfig/VolumeSizeInGB", REMOVED, RUNTIME, "VolumeSizeInGB"),
    ("CreateProcessingJob", "ProcessingInputs/0/S3Input", REMOVED, SAGEMAKER, "either S3Input"),
    ("CreateTransformJob", "TransformInput/DataSource", REMOVED, RUNTIME, "TransformInput.DataSource"),
    ("CreateModel", "ExecutionRoleArn", REMOVED, SAGEMAKER, "ExecutionRoleArn"),
    # Types.
    ("CreateTrainingJob", "HyperParameters/feature_dim", 12, RUNTIME, "HyperParameters.feature_dim"),
    ("CreateTrainingJob", "ResourceConfig/InstanceCount", "1", RUNTIME, "InstanceCount"),
    ("CreateTrainingJob", "ResourceConfig/InstanceCount", True, RUNTIME, "InstanceCount"),
    ("CreateTrainingJob", "EnableNetworkIsolation", "true", RUNTIME, "EnableNetworkIsolation"),
    ("CreateTrainingJob", "InputDataConfig", {"train": 1}, RUNTIME, "InputDataConfig"),
    ("CreateTrainingJob", "VpcConfig", None, RUNTIME, "VpcConfig"),
    # Patterns.
    ("CreateTrainingJob", "TrainingJobName", "fm_1", SAGEMAKER, "pattern"),
    ("CreateTrainingJob", "TrainingJobName", "fm-1\n", SAGEMAKER, "pattern"),
    ("CreateTrainingJob", "RoleArn", "topx-jobs-without-an-arn-at-all", SAGEMAKER, "pattern"),
    ("CreateTrainingJob", "OutputDataConfig/S3OutputPath", "/models", SAGEMAKER, "S3OutputPath"),
    ("CreateTrainingJob", "Tags/0/Key", "emoji \N{PILE OF POO}", SAGEMAKER, "Tags[0].Key"),
    ("CreateTrainingJob", "Environment/1A", "x", SAGEMAKER, "its key"),
    # Lengths and ranges.
    ("CreateTrainingJob", "TrainingJobName", "a" * 64, SAGEMAKER, "length less than or equal to 63"),
    ("CreateTrainingJob", "HyperParameters/x", "y" * 2501, SAGEMAKER, "2500"),
    ("CreateTrainingJob", "HyperParameters", {f"h{n}": "1" for n in range(101)}, SAGEMAKER, "100"),
    ("CreateTrainingJob", "InputDataConfig", [], SAGEMAKER, "length greater than or equal to 1"),
    ("CreateTrainingJob", "StoppingCondition/MaxRuntimeInSeconds", 0, SAGEMAKER, "greater than or equal to 1"),
    ("CreateProcessingJob", "StoppingCondition/MaxRuntimeInSeconds", 777_601, SAGEMAKER, "777600"),
    ("CreateProcessingJob", "ProcessingInputs", GOOD["CreateProcessingJob"]["ProcessingInputs"] * 11, SAGEMAKER, "10"),
    ("CreateProcessingJob", "AppSpecification/ContainerArguments", ["x" * 257], SAGEMAKER, "256"),
    ("CreateTransformJob", "ModelClientConfig/InvocationsMaxRetries", 4, SAGEMAKER, "less than or equal to 3"),
    ("CreateTransformJob", "ModelClientConfig/InvocationsTimeoutInSeconds", 3601, SAGEMAKER, "3600"),
    # Enumerations.
    ("CreateTrainingJob", "ResourceConfig/InstanceType", "ml.m5.xxlarge", SAGEMAKER, "enum"),
    ("CreateTrainingJob", "AlgorithmSpecification/TrainingInputMode", "Files", SAGEMAKER, "enum"),
    ("CreateProcessingJob", "ProcessingResources/ClusterConfig/InstanceType", "m5.xlarge", SAGEMAKER, "enum"),
    ("CreateTransformJob", "TransformResources/InstanceType", "ml.t3.medium", SAGEMAKER, "enum"),
    ("CreateTransformJob", "BatchStrategy", "Multi", SAGEMAKER, "enum"),
    ("CreateTransformJob", "TransformOutput/AssembleWith", "Lines", SAGEMAKER, "enum"),
    # SageMaker's rules beyond the model.
    ("CreateTrainingJob", "StoppingCondition/MaxWaitTimeInSeconds", 3600, SAGEMAKER, "EnableManagedSpotTraining"),
    ("CreateTrainingJob", "EnableManagedSpotTraining", True, SAGEMAKER, "MaxWaitTimeInSeconds must be given"),
    ("CreateTrainingJob", "InputDataConfig", [good.channel("s3://b/c")] * 2, SAGEMAKER, "there twice"),
    ("CreateProcessingJob", "ProcessingInputs/0/S3Input/LocalPath", "/opt/ml/input/rows", SAGEMAKER, "LocalPath"),
    ("CreateProcessingJob", "ProcessingInputs/0/S3Input/LocalPath", "/opt/ml/processing/../x", SAGEMAKER, "LocalPath"),
    ("CreateProcessingJob", "ProcessingInputs/0/S3Input/LocalPath", "/opt/ml/processing", SAGEMAKER, "LocalPath"),
    ("CreateTransformJob", "MaxPayloadInMB", 101, SAGEMAKER, "at most 100"),
    ("CreateTransformJob", "MaxConcurrentTransforms", 101, SAGEMAKER, "101 × 1"),
    ("CreateModel", "PrimaryContainer", REMOVED, SAGEMAKER, "either PrimaryContainer"),
    # What only this machine does not support.
    ("CreateTrainingJob", "AlgorithmSpecification/TrainingInputMode", "Pipe", RUNTIME, "do not offer"),
    ("CreateProcessingJob", "ProcessingOutputConfig/Outputs/0/S3Output/S3UploadMode", "Continuous", RUNTIME, "offer"),
    ("CreateTransformJob", "TransformInput/SplitType", "TFRecord", RUNTIME, "do not offer"),
    ("CreateTransformJob", "TransformInput/SplitType", "Line", RUNTIME, "do not offer"),
    ("CreateTransformJob", "BatchStrategy", "SingleRecord", RUNTIME, "do not offer"),
]


@pytest.mark.parametrize(("operation", "path", "value", "error", "says"), SPOILED)
def test_a_spoiled_request_is_refused(operation: str, path: str, value: Any, error: str, says: str) -> None:
    refused = refusal(operation, spoiled(operation, path, value))
    assert refused.error == error
    assert says in str(refused)


def test_all_faults_come_in_one_message() -> None:
    request = spoiled("CreateTrainingJob", "TrainingJobName", "fm_1")
    request["StoppingCondition"]["MaxRuntimeInSeconds"] = 0
    said = str(refusal("CreateTrainingJob", request))
    assert said.startswith("2 validation errors detected")
    assert "TrainingJobName" in said
    assert "StoppingCondition.MaxRuntimeInSeconds" in said


def test_a_spot_job_waits_at_least_as_long_as_it_runs_and_at_most_an_hour() -> None:
    request = good.training(EnableManagedSpotTraining=True)
    for wait, accepted in ((3599, False), (3600, True), (3601, False)):
        request["StoppingCondition"] = {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": wait}
        if accepted:
            validate("CreateTrainingJob", request)
        else:
            refusal("CreateTrainingJob", request)


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("ml.m5.xlarge", False),
        ("ml.c5.xlarge", False),
        ("ml.r5d.large", True),
        ("ml.g5.xlarge", True),
        ("ml.g4dn.xlarge", True),
    ],
)
def test_a_volume_key_is_refused_where_storage_is_local(kind: str, refused: bool) -> None:
    request = spoiled("CreateTrainingJob", "ResourceConfig/VolumeKmsKeyId", "key-1")
    request["ResourceConfig"]["InstanceType"] = kind
    if refused:
        assert "VolumeKmsKeyId" in str(refusal("CreateTrainingJob", request))
    else:
        validate("CreateTrainingJob", request)


@pytest.mark.parametrize(
    ("image", "values", "says"),
    [
        (good.FM_IMAGE, good.FM_HYPERPARAMETERS, None),
        (good.FM_IMAGE, good.FM_HYPERPARAMETERS | {"epoch": "3"}, "epoch is not a hyperparameter"),
        (good.FM_IMAGE, good.FM_HYPERPARAMETERS | {"epochs": "0"}, "epochs must be at least 1"),
        (good.FM_IMAGE, {"feature_dim": "12"}, "num_factors is missing"),
        (good.KNN_IMAGE, good.KNN_HYPERPARAMETERS, None),
        (good.KNN_IMAGE, good.KNN_HYPERPARAMETERS | {"index_metric": "DOT"}, "index_metric"),
        (good.KNN_IMAGE, good.KNN_HYPERPARAMETERS | {"k": "0"}, "k must be"),
        (good.TOY_IMAGE, {"anything": "goes"}, None),
    ],
)
def test_a_built_in_algorithm_knows_its_hyperparameters(image: str, values: dict[str, str], says: str | None) -> None:
    found = algorithm_faults(good.training(image=image, HyperParameters=values))
    assert found == [] if says is None else says in "; ".join(found)


def test_a_built_in_algorithm_knows_its_channels_and_formats() -> None:
    channels = [good.channel("s3://b/c", "training")]
    found = "; ".join(algorithm_faults(good.training(image=good.FM_IMAGE, InputDataConfig=channels)))
    assert "the channel train is missing" in found
    assert "training is not a channel" in found
    channels = [good.channel("s3://b/c") | {"ContentType": "text/csv"}]
    found = "; ".join(algorithm_faults(good.training(image=good.FM_IMAGE, InputDataConfig=channels)))
    assert "ContentType of train" in found


def shapes_of(operation: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    waiting = [sagemaker_model().operation_model(operation).input_shape]
    while waiting:
        shape = waiting.pop()
        if shape.name not in found:
            found[shape.name] = shape
            waiting += shape.members.values() if shape.type_name == "structure" else []
            waiting += [shape.member] if shape.type_name == "list" else []
            waiting += [shape.key, shape.value] if shape.type_name == "map" else []
    return found


@pytest.mark.parametrize("operation", GOOD)
def test_every_pattern_of_the_model_is_one_of_ours(operation: str) -> None:
    for shape in shapes_of(operation).values():
        if "pattern" in shape.metadata:
            compiled(shape.metadata["pattern"])


def places(value: Any, path: str = "") -> list[str]:
    """The path of every field in a request."""
    if isinstance(value, dict):
        inner = [(name, part) for name, part in value.items()]
    elif isinstance(value, list):
        inner = [(str(index), part) for index, part in enumerate(value)]
    else:
        return []
    below = [f"{path}{name}" for name, _ in inner]
    return below + [place for name, part in inner for place in places(part, f"{path}{name}/")]


@given(st.data())
def test_whatever_botocore_refuses_is_refused_here_too(data: st.DataObject) -> None:
    """botocore's own validator is the oracle for required and unknown fields, types and minima."""
    operation = data.draw(st.sampled_from(sorted(GOOD)))
    path = data.draw(st.sampled_from(places(GOOD[operation])))
    junk = st.sampled_from([REMOVED, None, "", -1, 0, "x", [], {}, {"x": 1}, [1], 1.5, True])
    request = spoiled(operation, path, data.draw(junk))
    shape = sagemaker_model().operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        assert request_faults(operation, request), report.generate_report()
