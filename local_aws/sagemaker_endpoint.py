"""SageMaker's HTTP endpoint inside ministack: like one of its own services, with its routing and its IAM.

SageMaker speaks JSON 1.1: ``POST /`` with ``X-Amz-Target: SageMaker.<Operation>``.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import get_account_id, get_region
from ministack.services import tagging

from local_aws.sagemaker_jobs.sdk_operations import OperationRefused, SdkOperations
from local_aws.sagemaker_jobs.service import Caller

_SERVICE = "sagemaker"
_TARGET_PREFIX = "SageMaker."
_HEADERS = {"Content-Type": "application/x-amz-json-1.1"}
# The request field that names the resource, and the resource type in its ARN.
_RESOURCES = {
    "ModelName": "model",
    "TrainingJobName": "training-job",
    "ProcessingJobName": "processing-job",
    "TransformJobName": "transform-job",
    "ModelPackageGroupName": "model-package-group",
    "ModelPackageName": "model-package",
}

Answer = tuple[int, dict[str, str], bytes]
TagsOf = Callable[[str], dict[str, str] | None]
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Awaitable[Answer]]


def install(operations: SdkOperations, tags_of: TagsOf) -> None:
    """Make ministack route SageMaker's calls to ``operations``, authorized like those of its own services.

    ``tags_of`` returns the tags of a job or model by its ARN, for policy conditions.
    """
    router.SERVICE_PATTERNS[_SERVICE] = {"target_prefixes": [_TARGET_PREFIX]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[_SERVICE] = _SERVICE
    iam_actions.extract_resource_arn = _with_sagemaker(iam_actions.extract_resource_arn)
    tagging.resource_tags = _with_sagemakers(tagging.resource_tags, tags_of)
    app.SERVICE_HANDLERS[_SERVICE] = _handler(operations)


def _handler(operations: SdkOperations) -> Handler:
    async def handle(
        _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: Mapping[str, Any]
    ) -> Answer:
        operation = headers.get("x-amz-target", "").removeprefix(_TARGET_PREFIX)
        caller = Caller(get_account_id(), get_region(), lambda: None)
        try:
            answer = await asyncio.to_thread(operations.call, operation, _decoded(body), caller)
        except OperationRefused as refusal:
            return 400, dict(_HEADERS), json.dumps({"__type": refusal.code, "message": str(refusal)}).encode()
        return 200, dict(_HEADERS), json.dumps(answer).encode()

    return handle


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
        raise OperationRefused("SerializationException", f"the body is not JSON: {error}") from None


def _with_sagemaker(extract: Callable[..., str]) -> Callable[..., str]:
    """The resource of a SageMaker call; ``*`` for a call without one, such as ListModels."""

    def extract_resource_arn(*given: Any) -> str:
        service, _method, _path, _headers, body, _query, region, account = given
        if service != _SERVICE:
            return extract(*given)
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            return "*"
        named = [field for field in _RESOURCES if isinstance(request, dict) and field in request]
        if not named:
            return "*"
        name = str(request[named[0]]).lower()
        if name.startswith("arn:"):
            return name
        return f"arn:aws:sagemaker:{region}:{account}:{_RESOURCES[named[0]]}/{name}"

    return extract_resource_arn


def _with_sagemakers(others: TagsOf, sagemakers: TagsOf) -> TagsOf:
    """The tags of any resource, including SageMaker's."""

    def resource_tags(arn: str) -> dict[str, str] | None:
        return sagemakers(arn) if arn.startswith("arn:aws:sagemaker:") else others(arn)

    return resource_tags
