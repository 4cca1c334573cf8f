"""The fragments of SageMaker requests that are known when a run is planned.

JSONPath cannot leave a field out, so whatever may be absent or depends on the request is here, whole;
the definition's states only put the fragments into their places.
"""

from typing import Any

from contract import run_layout
from contract.run_layout import RunLayout
from lambdas.job_volumes import JobVolumes

RECORDIO = "application/x-recordio-protobuf"
NEIGHBOUR_LINES = "application/jsonlines; verbose=true"

# Below the states' own time-outs, so that a job that runs too long ends by SageMaker's hand and says so.
_PROCESSING_SECONDS = 39_600
_TRAINING_SECONDS = 82_800
_INDEX_SECONDS = 39_600


def stages(layout: RunLayout, request: dict[str, Any], volumes: JobVolumes, *, with_items: bool) -> dict[str, Any]:
    """By stage, what ``$.plan`` carries: prepare, fm, extract, knn, transform."""
    return {
        "prepare": _prepare(layout, request, volumes, with_items),
        "fm": {
            "base": run_layout.job_base("fm", layout.run_id),
            "output": {"S3OutputPath": _folder(layout, layout.fm_output)},
            "resources": _training_resources(
                request["training_instance_type"], request["training_instance_count"], volumes.training
            ),
            "stopping": {"MaxRuntimeInSeconds": _TRAINING_SECONDS},
        },
        "extract": {
            "base": run_layout.job_base("ex", layout.run_id),
            "index": layout.uri(layout.index),
            "plan": layout.uri(layout.plan),
            "summary": layout.uri(layout.summary),
            "outputs": {"Outputs": [_output(layout, "vectors", layout.vectors), _output(layout, "run", layout.run)]},
            "resources": _processing_resources(request["extract_instance_type"], volumes.extract),
            "stopping": {"MaxRuntimeInSeconds": _PROCESSING_SECONDS},
        },
        "knn": {
            "base": run_layout.job_base("nn", layout.run_id),
            "channels": [channel("train", layout.uri(layout.item_vectors))],
            "output": {"S3OutputPath": _folder(layout, layout.knn_output)},
            "resources": _training_resources(request["index_instance_type"], 1, volumes.index),
            "stopping": {"MaxRuntimeInSeconds": _INDEX_SECONDS},
        },
        "transform": _transform(layout, request),
    }


def channel(name: str, uri: str, distribution: str = "FullyReplicated") -> dict[str, Any]:
    """A training channel of recordIO-protobuf files under a prefix."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": distribution}
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": source},
        "ContentType": RECORDIO,
        "CompressionType": "None",
    }


def _prepare(layout: RunLayout, request: dict[str, Any], volumes: JobVolumes, with_items: bool) -> dict[str, Any]:
    inputs = [
        _input("interactions", layout.uri(run_layout.INTERACTIONS_PREFIX)),
        _input("plan", layout.uri(layout.plan)),
    ]
    if with_items:
        inputs.append(_input("items", layout.uri(run_layout.ITEMS_PREFIX)))
    return {
        "base": run_layout.job_base("pr", layout.run_id),
        "inputs": inputs,
        "outputs": {"Outputs": [_output(layout, "prepared", layout.prepared), _output(layout, "run", layout.run)]},
        "resources": _processing_resources(request["prepare_instance_type"], volumes.prepare),
        "stopping": {"MaxRuntimeInSeconds": _PROCESSING_SECONDS},
    }


def _transform(layout: RunLayout, request: dict[str, Any]) -> dict[str, Any]:
    return {
        "base": run_layout.job_base("tr", layout.run_id),
        "input": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": layout.uri(layout.user_vectors)}},
            "ContentType": RECORDIO,
            "CompressionType": "None",
            "SplitType": "RecordIO",
        },
        "output": {
            "S3OutputPath": _folder(layout, layout.neighbours),
            "Accept": NEIGHBOUR_LINES,
            "AssembleWith": "Line",
        },
        "resources": {
            "InstanceType": request["transform_instance_type"],
            "InstanceCount": request["transform_instance_count"],
        },
    }


def _input(name: str, uri: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": run_layout.input_folder(name),
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }


def _output(layout: RunLayout, name: str, folder: str) -> dict[str, Any]:
    # EndOfJob adds objects and deletes none: plan.json stays beside what the job leaves in the run's folder.
    return {
        "OutputName": name,
        "S3Output": {
            "S3Uri": _folder(layout, folder),
            "LocalPath": run_layout.output_folder(name),
            "S3UploadMode": "EndOfJob",
        },
    }


def _folder(layout: RunLayout, folder: str) -> str:
    # Where SageMaker writes, it adds a slash itself; with one of ours, keys could hold two.
    return layout.uri(folder).rstrip("/")


def _processing_resources(instance_type: str, volume: int) -> dict[str, Any]:
    return {"ClusterConfig": {"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": volume}}


def _training_resources(instance_type: str, count: int, volume: int) -> dict[str, Any]:
    return {"InstanceType": instance_type, "InstanceCount": count, "VolumeSizeInGB": volume}
