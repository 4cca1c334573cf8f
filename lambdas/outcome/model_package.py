"""A published version as a package of SageMaker's Model Registry: the request that makes it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from contract.documents import Plan
from contract.outcome_documents import Outcome
from contract.run_layout import RunLayout
from lambdas.planning.run_stages import NEIGHBOUR_LINES, RECORDIO

# ``CustomerMetadataValue``, SageMaker API reference. What has other characters, such as a gate, is in outcome.json.
_METADATA = re.compile(r"[\w .:/=+@-]{1,256}")


def name(layout: RunLayout) -> str:
    """What the package's description begins with, by which it is found again: SageMaker gives it a number only."""
    return f"topx {layout.run_id}:"


def request(layout: RunLayout, plan: Plan, outcome: Outcome, *, stack: str, metrics_sha256: str) -> dict[str, Any]:
    """CreateModelPackage's request for a version, but for the group.

    It has no tags: a package in a group has the group's. Nor has it a SourceUri, by which SageMaker would take the
    inference specification from a model; the run's is deleted.

    Args:
        stack: the stack's name.
        metrics_sha256: of metrics.json, as hexadecimal digits.
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
        # The gate has judged it, and it is served.
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
    """Where the version comes from, how good it is, and the settings of its run that are one value."""
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


def _ndcg(means: Mapping[str, Any] | None) -> float | None:
    return round(means["ndcg@10"], 6) if means else None
