"""Simulates throttling by SageMaker, to test the workflow's retries."""

import re
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from local_aws.sagemaker_jobs.endings import REFUSED_BY_SAGEMAKER, REFUSED_SDK_CALL, RequestInvalid
from local_aws.sagemaker_jobs.sdk_operations import OperationRefused, SdkOperations
from local_aws.sagemaker_jobs.service import Caller, LocalSageMaker

THROTTLED = "Rate exceeded"
_UUID = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_NAMED = re.compile(r"\w+Name|NameContains")


class Throttle:
    """Rejects the first attempts of each call.

    Calls are identified by their action and the name that they give or request, without the UUID that makes each
    attempt's name unique: so every state of every run is throttled, not only the first that uses an action.
    """

    def __init__(self, attempts: int) -> None:
        """
        Args:
            attempts: the number of attempts of each call to reject.
        """
        self._attempts = attempts
        self._seen: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def turns_away(self, action: str, request: Mapping[str, Any]) -> bool:
        """Whether to reject this attempt."""
        name = next((str(value) for field, value in request.items() if _NAMED.fullmatch(field)), "")
        with self._lock:
            call = (action, _UUID.sub("", name))
            self._seen[call] += 1
            return self._seen[call] <= self._attempts


def install(attempts: int) -> None:
    """Reject this many attempts of each call, from states and from SDKs."""
    throttle, call, call_of_sdk = Throttle(attempts), LocalSageMaker.call, SdkOperations.call

    def throttled(
        self: LocalSageMaker, action: str, request: Mapping[str, Any], caller: Caller, *, sdk: bool = False
    ) -> dict[str, Any]:
        if throttle.turns_away(action, request):
            refusal = REFUSED_SDK_CALL if sdk else REFUSED_BY_SAGEMAKER
            raise RequestInvalid(
                refusal, f"{THROTTLED} (Service: AmazonSageMaker; Status Code: 400; Error Code: ThrottlingException)"
            )
        return call(self, action, request, caller, sdk=sdk)

    def throttled_of_sdk(self: SdkOperations, operation: str, request: Any, caller: Caller) -> dict[str, Any]:
        if throttle.turns_away(operation, request):
            raise OperationRefused("ThrottlingException", THROTTLED)
        return call_of_sdk(self, operation, request, caller)

    LocalSageMaker.call = throttled  # type: ignore[method-assign]
    SdkOperations.call = throttled_of_sdk  # type: ignore[method-assign]
