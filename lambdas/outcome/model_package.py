"""The request that creates a package in SageMaker's Model Registry for a published version."""

import json
import re
from typing import Any

from contract.documents import Means, Plan
from contract.outcome_documents import Outcome
from contract.run_layout import RunLayout
from lambdas.planning.job_requests import NEIGHBOUR_LINES, RECORDIO

# ``CustomerMetadataValue``, SageMaker API reference. Values with other characters, such as a gate, are only in
# outcome.json.
_METADATA = re.compile(r"[\w .:/=+@-]{1,256}")


def name(layout: RunLayout) -> str:
    """The beginning of the package's description, by which it is found again: SageMaker's own name is just a number."""
    return f"topx {layout.run_id}:"


def request(layout: RunLayout, plan: Plan, outcome: Outcome, *, stack: str, metrics_sha256: str) -> dict[str, Any]:
    """CreateModelPackage's request for a version, without the group.

    It has no tags, because a package in a group has the group's. It has no SourceUri either: with it, SageMaker would
    take the inference specification from a model, but the run's model is deleted.

    Args:
        stack: the stack's name.
        metrics_sha256: of metrics.json, in hexadecimal.
    """
    model = {
        "Image": outcome["code"]["images"]["nearest_neighbours"],
        "ModelDataUrl": layout.uri(layout.registered_model),
    }
    metrics = {
        "ContentType": "application/json",
        "ContentDigest": f"sha256:{metrics_sha256}",
        "S3Uri": layout.uri(layout.metrics),
    }
    return {
        "ModelPackageDescription": f"{name(layout)} {outcome['users']:,} users, {outcome['items']:,} items",
        # The gate has passed it, and it is published.
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {
            "Containers": [model],
            "SupportedTransformInstanceTypes": [plan["request"]["transform_instance_type"]],
            "SupportedContentTypes": [RECORDIO],
            "SupportedResponseMIMETypes": [NEIGHBOUR_LINES],
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": metrics}},
        "MetadataProperties": {
            "GeneratedBy": plan["execution"]["arn"],
            "CommitId": outcome["code"]["version"],
        },
        "CustomerMetadataProperties": _metadata(layout, outcome, stack),
        "ClientToken": layout.run_id,
    }


def _metadata(layout: RunLayout, outcome: Outcome, stack: str) -> dict[str, str]:
    """The version's origin, its metrics, and the run's settings that are single values."""
    values = {
        "stack": stack,
        "run_id": layout.run_id,
        "published_at": outcome["published_at"],
        "data_hash": outcome["data_hash"],
        "code_version": outcome["code"]["version"],
        "users": outcome["users"],
        "items": outcome["items"],
        "interactions": outcome["interactions"],
        "ndcg_at_10": _ndcg(outcome["metrics"]["model"]),
        "most_popular_ndcg_at_10": _ndcg(outcome["metrics"]["most_popular"]),
        "outcome": layout.uri(layout.outcome),
        **{f"request.{field}": value for field, value in outcome["request"].items()},
    }
    texts = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
        if value is not None
    }
    return {key: text for key, text in texts.items() if _METADATA.fullmatch(text)}


def _ndcg(means: Means | None) -> float | None:
    return round(means["ndcg@10"], 6) if means else None
