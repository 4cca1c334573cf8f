"""Validates a SageMaker request as Step Functions and SageMaker do, before anything starts."""

from collections.abc import Mapping
from typing import Any

from local_aws.request_rules import local_faults, sagemaker_faults
from local_aws.sagemaker_jobs.endings import (
    NOT_A_REQUEST,
    REFUSED_BY_SAGEMAKER,
    RequestInvalid,
    validation_exception,
)
from local_aws.service_model import FaultKind, request_faults


def validate(operation: str, request: Mapping[str, Any], *, refusal: str = REFUSED_BY_SAGEMAKER) -> None:
    """Validate a request with PascalCase fields.

    Args:
        operation: ``CreateTrainingJob``, ``CreateProcessingJob``, ``CreateTransformJob``, ``CreateModel`` or
            ``DeleteModel``.
        request: a state's resolved Parameters.
        refusal: the error name of SageMaker's rejections; it differs for SDK integrations.

    Raises:
        RequestInvalid: ``States.Runtime`` for fields that are unknown, missing or of a wrong type, ``refusal`` for
            values that SageMaker rejects; with all errors of that kind in one message.
    """
    found = request_faults(operation, request)
    shapeless = [fault.message for fault in found if fault.kind is not FaultKind.CONSTRAINT]
    if shapeless:
        raise RequestInvalid(
            NOT_A_REQUEST, f"The Parameters could not be used to start the Task: [{'; '.join(shapeless)}]"
        )
    constraints = [fault.message for fault in found]
    if constraints:
        count = len(constraints)
        raise validation_exception(
            f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(constraints)}", refusal
        )
    refused = sagemaker_faults(operation, request)
    if refused:
        raise validation_exception("; ".join(refused), refusal)
    unoffered = local_faults(operation, request)
    if unoffered:
        raise RequestInvalid(
            NOT_A_REQUEST,
            f"SageMaker may take this, but the jobs of this machine do not offer it: {'; '.join(unoffered)}",
        )
