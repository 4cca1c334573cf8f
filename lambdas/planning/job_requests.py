"""The parts of SageMaker job requests that are known when a run is planned.

JSONPath cannot omit a field, so everything that may be absent or depends on the request is here as a whole; the
definition only inserts the fragments.
"""

from collections.abc import Collection, Mapping
from typing import Any

from contract import run_layout
from contract.request_document import SizedRequest
from contract.run_layout import RunLayout
from contract.run_request import SPARK
from contract.stage_fragments import (
    Channel,
    Machines,
    Prepare,
    Processing,
    ProcessingInput,
    ProcessingOutput,
    Resources,
    S3Place,
    Stages,
    Transform,
    UnderKey,
)
from lambdas.planning.champion import Champion
from lambdas.planning.job_times import INDEX_SECONDS, PROCESSING_SECONDS, TRAINING_SECONDS, stopping
from lambdas.planning.job_volumes import JobVolumes
from workflow.instance_types import has_local_storage

RECORDIO = "application/x-recordio-protobuf"
# The purpose of the image of prepare that not every deployment has.
ON_SPARK = "prepare_on_spark"
NEIGHBOUR_LINES = "application/jsonlines; verbose=true"


def stages(
    layout: RunLayout,
    request: SizedRequest,
    volumes: JobVolumes,
    objects: Mapping[str, Collection[Any]],
    images: Mapping[str, str],
    *,
    champion: Champion | None = None,
    forgotten: bool = False,
    key: str | None = None,
) -> Stages:
    """By stage, the content of ``$.plan``: prepare, fm, extract, refit, refit_extract, knn, transform, outcome.

    For the two refit stages there is only the prefix of their jobs' names, so that each job's log can be found;
    everything else is the same as for the first training and extraction.

    Args:
        layout: the run's.
        request: with prepare's engine and all instance types set (workflow.instance_sizes).
        volumes: the volume size of each job.
        objects: the input: interactions as ``objects``, the item and user files as ``items`` and ``users``.
        images: the URIs of the deployed images, by purpose.
        champion: the version to compare the model with, if there is one.
        forgotten: whether there are users whose rows are left out.
        key: ARN of the customer managed key for volumes and outputs, if there is one.
    """
    return {
        "prepare": _prepare(layout, request, volumes, objects, images=images, key=key, forgotten=forgotten),
        "fm": {
            "base": run_layout.job_base("fm", layout.run_id),
            "output": {**_under(key), "S3OutputPath": _folder(layout, layout.fm_output)},
            "resources": _resources(
                request["training_instance_type"], request["training_instance_count"], volumes.training, key
            ),
            "spot": request["spot"],
            "stopping": stopping(TRAINING_SECONDS, spot=request["spot"]),
        },
        "extract": {
            "base": run_layout.job_base("ex", layout.run_id),
            "index": layout.uri(layout.index),
            "plan": layout.uri(layout.plan),
            "summary": layout.uri(layout.summary),
            # The definition lists this job's inputs, because the model's location is known only then, and cannot omit
            # any; without a champion, a file that always exists stands in for its lists.
            "champion": layout.uri(champion.lists if champion else layout.plan),
            "evaluation": layout.uri(layout.evaluation),
            "outputs": {
                **_under(key),
                "Outputs": [_output(layout, "vectors", layout.vectors), _output(layout, "run", layout.run)],
            },
            "resources": {"ClusterConfig": _resources(request["extract_instance_type"], 1, volumes.extract, key)},
            "stopping": stopping(PROCESSING_SECONDS),
        },
        "refit": {"base": run_layout.job_base("rf", layout.run_id)},
        "refit_extract": {"base": run_layout.job_base("rx", layout.run_id)},
        "knn": {
            "base": run_layout.job_base("nn", layout.run_id),
            "channels": [channel("train", layout.uri(layout.item_vectors))],
            "output": {**_under(key), "S3OutputPath": _folder(layout, layout.knn_output)},
            "resources": _resources(request["index_instance_type"], 1, volumes.index, key),
            "spot": request["spot"],
            "stopping": stopping(INDEX_SECONDS, spot=request["spot"]),
        },
        "transform": _transform(layout, request, key),
        "outcome": _outcome(layout, request, volumes, champion, key),
    }


def channel(name: str, uri: str, distribution: str = "FullyReplicated") -> Channel:
    """A training channel of recordIO-protobuf files under a prefix."""
    source: S3Place = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": distribution}
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": source},
        "ContentType": RECORDIO,
        "CompressionType": "None",
    }


def _prepare(
    layout: RunLayout,
    request: SizedRequest,
    volumes: JobVolumes,
    objects: Mapping[str, Collection[Any]],
    *,
    images: Mapping[str, str],
    key: str | None,
    forgotten: bool,
) -> Prepare:
    on_spark = request["prepare_engine"] == SPARK
    instances = request["prepare_instance_count"] if on_spark else 1
    inputs = [
        _input("interactions", layout.uri(run_layout.INTERACTIONS_PREFIX)),
        _input("plan", layout.uri(layout.plan)),
    ]
    # An input with an empty prefix would fail the job.
    for name, prefix in (("items", run_layout.ITEMS_PREFIX), ("users", run_layout.USERS_PREFIX)):
        if objects[name]:
            inputs.append(_input(name, layout.uri(prefix)))
    if forgotten:
        inputs.append(_input("forgotten", layout.uri(layout.forgotten)))
    return {
        "base": run_layout.job_base("pr", layout.run_id),
        "image": images[ON_SPARK if on_spark else "prepare"],
        # Spark's instances communicate with each other.
        "isolated": not on_spark,
        "inputs": inputs,
        "outputs": {
            **_under(key),
            "Outputs": [_output(layout, "prepared", layout.prepared), _output(layout, "run", layout.run)],
        },
        "resources": {"ClusterConfig": _resources(request["prepare_instance_type"], instances, volumes.prepare, key)},
        "stopping": stopping(PROCESSING_SECONDS),
    }


def _transform(layout: RunLayout, request: SizedRequest, key: str | None) -> Transform:
    return {
        "base": run_layout.job_base("tr", layout.run_id),
        "input": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": layout.uri(layout.user_vectors)}},
            "ContentType": RECORDIO,
            "CompressionType": "None",
            "SplitType": "RecordIO",
        },
        "output": {
            **_under(key),
            "S3OutputPath": _folder(layout, layout.neighbours),
            "Accept": NEIGHBOUR_LINES,
            "AssembleWith": "Line",
        },
        "resources": _machines(request["transform_instance_type"], request["transform_instance_count"], key),
    }


def _outcome(
    layout: RunLayout, request: SizedRequest, volumes: JobVolumes, champion: Champion | None, key: str | None
) -> Processing:
    read = {
        "plan": layout.plan,
        "summary": layout.summary,
        "evaluation": layout.evaluation,
        "outcome": layout.outcome,
        "facts": layout.facts,
        "items": layout.items,
        "lists": layout.published_lists,
        **({"champion": champion.layout.published_lists} if champion and champion.published else {}),
    }
    return {
        "base": run_layout.job_base("oc", layout.run_id),
        "inputs": [_input(name, layout.uri(place)) for name, place in read.items()],
        "outputs": {**_under(key), "Outputs": [_output(layout, "outcome", layout.outcome_folder)]},
        "resources": {"ClusterConfig": _resources(request["extract_instance_type"], 1, volumes.extract, key)},
        "stopping": stopping(PROCESSING_SECONDS),
    }


def _input(name: str, uri: str) -> ProcessingInput:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": run_layout.input_folder(name),
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }


def _output(layout: RunLayout, name: str, folder: str) -> ProcessingOutput:
    # EndOfJob adds objects and deletes none: plan.json stays next to what the job writes to the run's folder.
    return {
        "OutputName": name,
        "S3Output": {
            "S3Uri": _folder(layout, folder),
            "LocalPath": run_layout.output_folder(name),
            "S3UploadMode": "EndOfJob",
        },
    }


def _folder(layout: RunLayout, folder: str) -> str:
    # SageMaker adds a slash to this path; with a slash of ours, keys could have two.
    return layout.uri(folder).rstrip("/")


def _resources(instance_type: str, count: int, volume: int, key: str | None) -> Resources:
    return {**_machines(instance_type, count, key), "VolumeSizeInGB": volume}


def _machines(instance_type: str, count: int, key: str | None) -> Machines:
    """Instances, with volumes encrypted under the key if they support one."""
    found: Machines = {"InstanceType": instance_type, "InstanceCount": count}
    return found if key is None or has_local_storage(instance_type) else {**found, "VolumeKmsKeyId": key}


def _under(key: str | None) -> UnderKey:
    """Without a key of its own, a job's output is encrypted with the account's S3 key, not with the bucket's."""
    return {} if key is None else {"KmsKeyId": key}
