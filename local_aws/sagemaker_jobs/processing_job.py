"""A processing job: downloads inputs, runs the container, uploads its output folders.

Source: "How Amazon SageMaker Processing Configures Input and Output" in the developer guide.
"""

from typing import Any

from local_aws.sagemaker_jobs.container_catalogue import Catalogue
from local_aws.sagemaker_jobs.container_process import deadline_watch
from local_aws.sagemaker_jobs.endings import JobFailed, Watch
from local_aws.sagemaker_jobs.job import Job
from local_aws.sagemaker_jobs.object_store import ObjectStore, S3Uri
from local_aws.sagemaker_jobs.process_starter import ProcessStarter
from local_aws.sagemaker_jobs.training_job import HOST

_DEFAULT_SECONDS = 86_400


def run_processing(
    job: Job, store: ObjectStore, catalogue: Catalogue, start: ProcessStarter, watch: Watch
) -> dict[str, Any]:
    """Run a processing job; returns the fields to add to its Describe document.

    Outputs are uploaded only if the job completes: whether AWS uploads those of a failed job is not documented.

    Raises:
        JobFailed: with the failure reason; the container's message is in the record.
        JobStopped: if ``watch`` or MaxRuntimeInSeconds ended it.
    """
    request = job.request
    for entry in request.get("ProcessingInputs", []):
        source = entry["S3Input"]
        store.download(S3Uri.parse(source["S3Uri"]), job.inside(source["LocalPath"]))
    outputs = [entry["S3Output"] for entry in request.get("ProcessingOutputConfig", {}).get("Outputs", [])]
    for output in outputs:
        job.inside(output["LocalPath"]).mkdir(parents=True, exist_ok=True)
    _write_configuration(job)
    application = request["AppSpecification"]
    process = start(
        job,
        catalogue.container(application["ImageUri"]),
        application.get("ContainerArguments", []),
        request.get("Environment", {}),
    )
    seconds = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DEFAULT_SECONDS)
    try:
        code = process.wait(deadline_watch(seconds, watch))
    finally:
        process.end()
    message = job.left_message("message")
    if message:
        job.record["ExitMessage"] = message
    if code:
        raise JobFailed(f"AlgorithmError: {message or 'See job logs for more information'}, exit code: {code}")
    for output in outputs:
        store.upload(job.inside(output["LocalPath"]), S3Uri.parse(output["S3Uri"]))
    return {}


def _write_configuration(job: Job) -> None:
    cluster = job.request["ProcessingResources"]["ClusterConfig"]
    if cluster["InstanceCount"] > 1:
        job.note(f"{cluster['InstanceCount']} instances were requested; this machine is one")
    written = {name: value for name, value in job.request.items() if name not in ("Tags", "ExperimentConfig")}
    job.write_config("config/processingjobconfig.json", {"ProcessingJobArn": job.record["ProcessingJobArn"], **written})
    job.write_config(
        "config/resourceconfig.json",
        {
            "current_host": HOST,
            "hosts": [HOST],
            "network_interface_name": "lo",
            "current_instance_type": cluster["InstanceType"],
        },
    )
