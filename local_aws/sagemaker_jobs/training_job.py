"""A training job: from channels and hyperparameters to ``model.tar.gz``.

Source: "How Amazon SageMaker Provides Training Information" in the developer guide.
"""

from collections.abc import Mapping
from typing import Any

from local_aws.algorithm_rules import algorithm_faults
from local_aws.sagemaker_jobs.container_catalogue import Catalogue
from local_aws.sagemaker_jobs.container_process import deadline_watch
from local_aws.sagemaker_jobs.endings import Ending, JobFailed, JobStopped, Watch
from local_aws.sagemaker_jobs.job import Job
from local_aws.sagemaker_jobs.model_archive import pack
from local_aws.sagemaker_jobs.object_store import ObjectStore, S3Uri
from local_aws.sagemaker_jobs.process_starter import ProcessStarter

_DEFAULT_SECONDS = 86_400
HOST = "algo-1"


def run_training(
    job: Job, store: ObjectStore, catalogue: Catalogue, start: ProcessStarter, watch: Watch
) -> dict[str, Any]:
    """Run a training job; returns the fields to add to its Describe document.

    Raises:
        JobFailed: with the failure reason.
        JobStopped: if ``watch`` or MaxRuntimeInSeconds ended it; what it had saved of its model is uploaded.
    """
    request = job.request
    artifact = artifact_uri(request)
    job.record["ModelArtifacts"] = {"S3ModelArtifacts": str(artifact)}
    job.enter("Starting")
    faults = algorithm_faults(request)
    if faults:
        raise JobFailed(f"ClientError: Unable to initialize the algorithm. Failed to validate: {'; '.join(faults)}")
    job.enter("Downloading")
    for channel in request.get("InputDataConfig", []):
        uri = S3Uri.parse(channel["DataSource"]["S3DataSource"]["S3Uri"])
        store.download(uri, job.tree / "input" / "data" / channel["ChannelName"])
    _write_configuration(job)
    job.enter("Training")
    container = catalogue.container(request["AlgorithmSpecification"]["TrainingImage"])
    process = start(job, container, ("train",), request.get("Environment", {}))
    seconds = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DEFAULT_SECONDS)
    try:
        code = process.wait(deadline_watch(seconds, watch))
    except JobStopped as stopped:
        if stopped.ending is Ending.RUNTIME_EXCEEDED and any((job.tree / "model").iterdir()):
            _upload(job, store, artifact)
        raise
    finally:
        process.end()
    if code:
        raise JobFailed(
            job.left_message("failure") or f"AlgorithmError: See job logs for more information, exit code: {code}"
        )
    job.enter("Uploading")
    _upload(job, store, artifact)
    return {}


def artifact_uri(request: Mapping[str, Any]) -> S3Uri:
    """The location of a training job's model."""
    output = S3Uri.parse(request["OutputDataConfig"]["S3OutputPath"])
    return S3Uri(output.bucket, output.under(f"{request['TrainingJobName']}/output/model.tar.gz"))


def _upload(job: Job, store: ObjectStore, artifact: S3Uri) -> None:
    archive = job.tree / "tmp" / "model.tar.gz"
    pack(job.tree / "model", archive)
    store.upload_file(archive, artifact)


def _write_configuration(job: Job) -> None:
    request, resources = job.request, job.request["ResourceConfig"]
    if resources["InstanceCount"] > 1:
        job.note(f"{resources['InstanceCount']} instances were requested; this machine trains as one host")
    for folder in ("model", "output/data", "input/data"):
        (job.tree / folder).mkdir(parents=True, exist_ok=True)
    job.write_config("input/config/hyperparameters.json", request.get("HyperParameters", {}))
    job.write_config(
        "input/config/inputdataconfig.json",
        {channel["ChannelName"]: _channel_configuration(channel) for channel in request.get("InputDataConfig", [])},
    )
    job.write_config(
        "input/config/resourceconfig.json",
        {
            "current_host": HOST,
            "current_instance_type": resources["InstanceType"],
            "current_group_name": "homogeneousCluster",
            "hosts": [HOST],
            "instance_groups": [
                {
                    "instance_group_name": "homogeneousCluster",
                    "instance_type": resources["InstanceType"],
                    "hosts": [HOST],
                }
            ],
            "network_interface_name": "lo",
        },
    )


def _channel_configuration(channel: Mapping[str, Any]) -> dict[str, str]:
    source = channel["DataSource"]["S3DataSource"]
    written = {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    return written | ({"ContentType": channel["ContentType"]} if "ContentType" in channel else {})
