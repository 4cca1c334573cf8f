"""A batch transform: sends every object under a prefix to the model's container, and writes the answers to
``<key>.out``.

Source: "Use Batch Transform to Get Inferences from Large Datasets" in the developer guide.
"""

import gzip
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.request_rules import DEFAULT_PAYLOAD_MB
from local_aws.sagemaker_jobs.container_catalogue import Catalogue
from local_aws.sagemaker_jobs.endings import JobFailed, JobStopped, Watch
from local_aws.sagemaker_jobs.job import Job
from local_aws.sagemaker_jobs.model_archive import unpack
from local_aws.sagemaker_jobs.model_server import InvocationFailed, ModelServer
from local_aws.sagemaker_jobs.object_store import ObjectStore, S3Uri, relative_key
from local_aws.sagemaker_jobs.process_starter import ProcessStarter
from local_aws.sagemaker_jobs.record_splitting import payloads
from local_aws.unix_socket import BIND_TO_SOCKET

_MEGABYTE = 1 << 20
_DEFAULT_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class _Settings:
    """How payloads are split, sent and assembled."""

    split: str
    most_bytes: int
    concurrent: int
    headers: dict[str, str]
    timeout: float
    retries: int
    line_ends: bool
    gzipped: bool


def run_transform(
    job: Job,
    store: ObjectStore,
    catalogue: Catalogue,
    start: ProcessStarter,
    watch: Watch,
    *,
    model: Mapping[str, Any],
) -> dict[str, Any]:
    """Run a transform job with a model's record; returns the fields to add to its Describe document.

    An object with a failed payload has no output; the others keep theirs, and the job fails.

    Raises:
        JobFailed: with the failure reason.
        JobStopped: if ``watch`` ended it.
    """
    container = model["PrimaryContainer"]
    _load_model(job, store, container["ModelDataUrl"])
    socket = job.tree / "tmp" / "model.sock"
    process = start(
        job,
        catalogue.container(container["Image"]),
        ("serve",),
        {
            **container.get("Environment", {}),
            **job.request.get("Environment", {}),
            BIND_TO_SOCKET: str(socket),
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(job.request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)),
        },
    )
    try:
        with process.watched(watch) as endings:
            try:
                server = ModelServer(process, socket)
                server.wait_until_loaded()
                settings = _settings(job.request, server.execution_parameters())
                failed = _transform_all(job, store, server, settings)
            except JobFailed:
                if endings:
                    raise JobStopped(endings[0]) from None
                raise
        if endings:
            raise JobStopped(endings[0])
    finally:
        process.end()
    if failed:
        raise JobFailed(f"AlgorithmError: {'; '.join(failed)}. See job logs for more information")
    return {}


def _load_model(job: Job, store: ObjectStore, url: str) -> None:
    archive = job.tree / "tmp" / "artifact"
    store.download(S3Uri.parse(url), archive)
    unpack(next(path for path in archive.iterdir() if path.is_file()), job.tree / "model")


def _settings(request: Mapping[str, Any], recommended: Mapping[str, Any]) -> _Settings:
    """The request's settings; by default the container's, and then SageMaker's defaults."""
    given, output = request["TransformInput"], request["TransformOutput"]
    client = request.get("ModelClientConfig", {})
    megabytes = request.get("MaxPayloadInMB", recommended.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB))
    headers = {}
    if "ContentType" in given:
        headers["Content-Type"] = given["ContentType"]
    if "Accept" in output:
        headers["Accept"] = output["Accept"]
    return _Settings(
        split=given.get("SplitType", "None"),
        # MaxPayloadInMB 0 means: no limit.
        most_bytes=megabytes * _MEGABYTE or 2**62,
        concurrent=request.get("MaxConcurrentTransforms") or recommended.get("MaxConcurrentTransforms") or 1,
        headers=headers,
        timeout=client.get("InvocationsTimeoutInSeconds", _DEFAULT_TIMEOUT_SECONDS),
        retries=client.get("InvocationsMaxRetries", 3),
        line_ends=output.get("AssembleWith", "None") == "Line",
        gzipped=given.get("CompressionType", "None") == "Gzip",
    )


def _transform_all(job: Job, store: ObjectStore, server: ModelServer, settings: _Settings) -> list[str]:
    """Transform every object; returns the errors by object."""
    source = S3Uri.parse(job.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
    target = S3Uri.parse(job.request["TransformOutput"]["S3OutputPath"])
    failed = []
    with ThreadPoolExecutor(settings.concurrent) as pool:
        for key in store.keys(source):
            assembled = job.tree / "tmp" / "assembled"
            try:
                _transform_one(store.read(source.bucket, key), assembled, server, settings, pool)
            except (InvocationFailed, JobFailed, gzip.BadGzipFile) as error:
                job.note(f"{key}: {error}")
                failed.append(f"{key}: {error}")
                continue
            relative = relative_key(source.key, key)
            store.upload_file(assembled, S3Uri(target.bucket, target.under(f"{relative}.out")))
    return failed


def _transform_one(
    data: bytes, assembled: Path, server: ModelServer, settings: _Settings, pool: ThreadPoolExecutor
) -> None:
    """Send one object's payloads, several in parallel, and write the answers in the order of the payloads."""
    content = gzip.decompress(data) if settings.gzipped else data

    def answer(payload: bytes) -> bytes:
        return server.invoke(payload, settings.headers, seconds=settings.timeout, retries=settings.retries)

    bodies = payloads(content, settings.split, settings.most_bytes)
    with assembled.open("wb") as output:
        for body in pool.map(answer, bodies):
            output.write(body)
            if settings.line_ends and not body.endswith(b"\n"):
                output.write(b"\n")
