"""State "Register version": adds the published version to SageMaker's Model Registry, if a group is configured."""

import hashlib
import json
import logging
import os
from typing import TypedDict

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from contract.documents import Plan
from contract.outcome_documents import Outcome
from contract.run_layout import RunLayout
from lambdas import aws_clients, run_log
from lambdas.outcome import model_package
from lambdas.outcome.model_group import ModelGroup
from lambdas.s3_json import JsonDocuments, MissingDocument

# A file of this size is copied within the time that a call may take.
_PART_BYTES = 256 << 20
_WARNING = "this version is not in the Model Registry"

logger = logging.getLogger(__name__)


class Event(TypedDict):
    """What the state passes."""

    run_id: str


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> dict[str, str | None]:
    """Returns the package's ARN; None if no group is configured, or SageMaker rejected the request."""
    group = os.environ["MODEL_PACKAGE_GROUP"]
    if not group:
        return {"model_package": None}
    arn = register_version(
        JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"]),
        ModelGroup(aws_clients.client("sagemaker"), group, json.loads(os.environ["GROUP_TAGS"])),
        event["run_id"],
        stack=os.environ["STACK"],
    )
    return {"model_package": arn}


def register_version(documents: JsonDocuments, group: ModelGroup, run_id: str, *, stack: str) -> str | None:
    """Register a version once, and write its package's ARN into outcome.json; a repeated call finds the package.

    An error from SageMaker or S3 becomes a warning in the outcome: the version is published, and cleaning up must
    continue.

    Args:
        documents: in the bucket.
        group: the package's model package group.
        stack: the stack's name.

    Raises:
        MissingDocument: if the run has no outcome.
    """
    layout = RunLayout(documents.bucket, run_id)
    outcome: Outcome = documents.read(layout.outcome)
    arn, warnings = None, [warning for warning in outcome["warnings"] if not warning.startswith(_WARNING)]
    try:
        arn = _package(documents, group, layout, outcome, stack)
    except (ClientError, MissingDocument) as error:
        if aws_clients.is_transient(error):
            raise
        logger.exception("not registered")
        warnings.append(
            f"{_WARNING}, in group {group.name}: {error}; once the cause is fixed, invoke the function of state "
            f'Register version with {{"run_id": "{run_id}"}}'
        )
    documents.write(layout.outcome, {**outcome, "warnings": warnings, "model_package": arn})
    return arn


def _package(documents: JsonDocuments, group: ModelGroup, layout: RunLayout, outcome: Outcome, stack: str) -> str:
    """The ARN of the version's package, created if there is none.

    It is looked up first: it is not documented how long SageMaker remembers a ClientToken, and a redrive may come days
    later.
    """
    plan: Plan = documents.read(layout.plan)
    group.make()
    if known := group.find(model_package.name(layout), since=plan["execution"]["started"]):
        return known
    _keep_model(documents, layout)
    metrics = hashlib.sha256(documents.read_bytes(layout.metrics)).hexdigest()
    return group.add(model_package.request(layout, plan, outcome, stack=stack, metrics_sha256=metrics))


def _keep_model(documents: JsonDocuments, layout: RunLayout) -> None:
    """Copy k-NN's artifact from the scratch folder, which expires.

    Raises:
        MissingDocument: if it has expired.
    """
    artifacts = [one for one in documents.objects(layout.knn_output) if one["Key"].endswith("/output/model.tar.gz")]
    if not artifacts:
        raise MissingDocument(f"no model.tar.gz is under {layout.uri(layout.knn_output)}, whose objects expire")
    # If there are several, the last one was used: a job is retried until it succeeds.
    newest = max(artifacts, key=lambda one: one["LastModified"])["Key"]
    documents.s3.copy(
        {"Bucket": documents.bucket, "Key": newest},
        documents.bucket,
        layout.registered_model,
        Config=TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES),
    )
