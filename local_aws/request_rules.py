"""SageMaker's rules that are not in its service model, and what the job runner on this machine does not support.

Source: the API reference of CreateTrainingJob, CreateProcessingJob, CreateTransformJob and CreateModel, and the
developer guide. Each function returns the errors as text.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

Request = Mapping[str, Any]

# FM and k-NN write no checkpoints; such a spot job may wait at most this long.
_MOST_WAIT_WITHOUT_CHECKPOINTS = 3600
_MOST_PAYLOAD_MB = 100
DEFAULT_PAYLOAD_MB = 6
# How the runner on this machine splits the objects of a transform.
_SPLITS = ("None", "RecordIO")
# r5d, g4dn, p3dn, p4d and p4de have a d in their name; these are the others with local NVMe.
_LOCAL_STORAGE = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g[5-7]e?|p[56][a-z0-9-]*|trn\d[a-z]*)\.")


def sagemaker_faults(operation: str, request: Request) -> list[str]:
    """What SageMaker rejects although the model allows it."""
    return [fault for rule in _SAGEMAKER[operation] for fault in rule(request)]


def local_faults(operation: str, request: Request) -> list[str]:
    """What SageMaker supports and the runner on this machine does not."""
    return [fault for rule in _LOCAL.get(operation, ()) for fault in rule(request)]


def _training_algorithm(request: Request) -> list[str]:
    algorithm = request.get("AlgorithmSpecification")
    if algorithm is None:
        return ["AlgorithmSpecification must be given"]
    if ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):
        return ["AlgorithmSpecification must have either TrainingImage or AlgorithmName"]
    return []


def _training_resources(request: Request) -> list[str]:
    resources = request.get("ResourceConfig", {})
    if "InstanceGroups" not in resources and not {"InstanceType", "InstanceCount"} <= resources.keys():
        return ["ResourceConfig must have InstanceType and InstanceCount"]
    return _volume_key(resources, "ResourceConfig")


def _volume_key(resources: Request, where: str) -> list[str]:
    kind = resources.get("InstanceType", "")
    if "VolumeKmsKeyId" in resources and _LOCAL_STORAGE.match(kind):
        return [f"{where}.VolumeKmsKeyId cannot go with {kind}, whose local storage is always encrypted"]
    return []


def _training_spot(request: Request) -> list[str]:
    stopping = request.get("StoppingCondition", {})
    wait, run = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds")
    if not request.get("EnableManagedSpotTraining", False):
        return [] if wait is None else ["MaxWaitTimeInSeconds is valid only with EnableManagedSpotTraining"]
    if wait is None:
        return ["StoppingCondition.MaxWaitTimeInSeconds must be given with EnableManagedSpotTraining"]
    found = []
    if run is not None and wait < run:
        found.append(f"MaxWaitTimeInSeconds must be at least MaxRuntimeInSeconds {run}, got {wait}")
    if "CheckpointConfig" not in request and wait > _MOST_WAIT_WITHOUT_CHECKPOINTS:
        found.append(f"MaxWaitTimeInSeconds must be at most 3600 for an algorithm without checkpoints, got {wait}")
    return found


def _twice(names: list[str], what: str) -> list[str]:
    return [
        f"{what} must be unique, {name!r} is there twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]


def _channels(request: Request) -> list[str]:
    return _twice([channel["ChannelName"] for channel in request.get("InputDataConfig", [])], "ChannelName")


def _processing_places(request: Request) -> list[str]:
    inputs = request.get("ProcessingInputs", [])
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    found = _twice([entry["InputName"] for entry in inputs], "InputName")
    found += _twice([entry["OutputName"] for entry in outputs], "OutputName")
    places = [entry["S3Input"].get("LocalPath", "") for entry in inputs if "S3Input" in entry]
    places += [entry["S3Output"].get("LocalPath", "") for entry in outputs if "S3Output" in entry]
    for place in places:
        path = PurePosixPath(place)
        if path.parts[:4] != ("/", "opt", "ml", "processing") or len(path.parts) < 5 or ".." in path.parts:
            found.append(f"LocalPath must be a folder under /opt/ml/processing/, got {place!r}")
    return found + _twice(places, "LocalPath")


def _processing_sources(request: Request) -> list[str]:
    return [
        f"ProcessingInput {entry['InputName']!r} must have either S3Input or DatasetDefinition"
        for entry in request.get("ProcessingInputs", [])
        if ("S3Input" in entry) == ("DatasetDefinition" in entry)
    ]


def _processing_resources(request: Request) -> list[str]:
    cluster = request["ProcessingResources"]["ClusterConfig"]
    return _volume_key(cluster, "ProcessingResources.ClusterConfig")


def _transform_payload(request: Request) -> list[str]:
    payload, concurrent = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB), request.get("MaxConcurrentTransforms", 0)
    if payload > _MOST_PAYLOAD_MB:
        return [f"MaxPayloadInMB must be at most {_MOST_PAYLOAD_MB}, got {payload}"]
    if concurrent * payload > _MOST_PAYLOAD_MB:
        return [
            f"MaxConcurrentTransforms × MaxPayloadInMB must be at most {_MOST_PAYLOAD_MB}, got {concurrent} × {payload}"
        ]
    return []


def _transform_resources(request: Request) -> list[str]:
    return _volume_key(request["TransformResources"], "TransformResources")


def _model_containers(request: Request) -> list[str]:
    if ("PrimaryContainer" in request) == ("Containers" in request):
        return ["a model must have either PrimaryContainer or Containers"]
    return [] if "ExecutionRoleArn" in request else ["ExecutionRoleArn must be given"]


def _local_training(request: Request) -> list[str]:
    algorithm = request["AlgorithmSpecification"]
    found = _not_offered(
        algorithm, "AlgorithmSpecification", "AlgorithmName", "ContainerEntrypoint", "ContainerArguments"
    )
    found += _not_offered(request["ResourceConfig"], "ResourceConfig", "InstanceGroups")
    found += _only(algorithm, "TrainingInputMode", "File", "AlgorithmSpecification")
    for channel in request.get("InputDataConfig", []):
        where = f"channel {channel['ChannelName']!r}"
        found += _only(channel, "InputMode", "File", where) + _only(channel, "CompressionType", "None", where)
        found += _only(channel, "RecordWrapperType", "None", where)
        found += _not_offered(channel, where, "ShuffleConfig")
        found += _s3_prefix(channel["DataSource"], where)
    return found


def _local_processing(request: Request) -> list[str]:
    found = _not_offered(request["AppSpecification"], "AppSpecification", "ContainerEntrypoint")
    for entry in request.get("ProcessingInputs", []):
        where = f"input {entry['InputName']!r}"
        source = entry.get("S3Input", {})
        found += _not_offered(entry, where, "DatasetDefinition") + _only(source, "S3DataType", "S3Prefix", where)
        found += _only(source, "S3InputMode", "File", where) + _only(source, "S3CompressionType", "None", where)
    for entry in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        where = f"output {entry['OutputName']!r}"
        found += _not_offered(entry, where, "FeatureStoreOutput")
        found += _only(entry.get("S3Output", {}), "S3UploadMode", "EndOfJob", where)
    return found


def _local_transform(request: Request) -> list[str]:
    given = request["TransformInput"]
    found = _s3_prefix(given["DataSource"], "TransformInput")
    if given.get("SplitType", "None") not in _SPLITS:
        found.append(f"TransformInput: SplitType {given['SplitType']} ({' and '.join(_SPLITS)} are)")
    found += _only(request, "BatchStrategy", "MultiRecord", "the transform job")
    processing = request.get("DataProcessing", {})
    found += _only(processing, "InputFilter", "$", "DataProcessing") + _only(
        processing, "OutputFilter", "$", "DataProcessing"
    )
    found += _only(processing, "JoinSource", "None", "DataProcessing")
    return found + _not_offered(request, "", "DataCaptureConfig")


def _local_model(request: Request) -> list[str]:
    found = _not_offered(request, "", "Containers", "InferenceExecutionConfig")
    container = request.get("PrimaryContainer", {})
    if container and not {"Image", "ModelDataUrl"} <= container.keys():
        found.append("a PrimaryContainer without Image and ModelDataUrl")
    return found


def _s3_prefix(source: Request, where: str) -> list[str]:
    if "S3DataSource" not in source:
        return [f"{where}: a DataSource other than S3DataSource"]
    return _only(source["S3DataSource"], "S3DataType", "S3Prefix", where)


def _only(given: Request, name: str, offered: str, where: str) -> list[str]:
    return [] if given.get(name, offered) == offered else [f"{where}: {name} {given[name]} ({offered} is)"]


def _not_offered(given: Request, where: str, *names: str) -> list[str]:
    return [f"{where}: {name}".removeprefix(": ") for name in names if name in given]


Rule = Callable[[Request], list[str]]
_SAGEMAKER: dict[str, tuple[Rule, ...]] = {
    "CreateTrainingJob": (_training_algorithm, _training_resources, _training_spot, _channels),
    "CreateProcessingJob": (_processing_places, _processing_sources, _processing_resources),
    "CreateTransformJob": (_transform_payload, _transform_resources),
    "CreateModel": (_model_containers,),
    "DeleteModel": (),
}
_LOCAL: dict[str, tuple[Rule, ...]] = {
    "CreateTrainingJob": (_local_training,),
    "CreateProcessingJob": (_local_processing,),
    "CreateTransformJob": (_local_transform,),
    "CreateModel": (_local_model,),
}
