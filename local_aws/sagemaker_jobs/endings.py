"""How a job can end unsuccessfully."""

from collections.abc import Callable
from enum import Enum


class Ending(Enum):
    """Why a job's process was stopped from outside."""

    EXECUTION_STOPPED = "its execution was stopped"
    TASK_TIMED_OUT = "its state's TimeoutSeconds expired"
    RUNTIME_EXCEEDED = "its MaxRuntimeInSeconds are over"
    ENGINE_STOPPING = "the engine is being stopped"
    STOP_REQUESTED = "it was stopped in SageMaker"


Watch = Callable[[], Ending | None]
"""Called repeatedly while a job runs; returns the reason to stop it, if there is one."""


class JobFailed(Exception):
    """The job ends Failed; the message is its FailureReason."""


class JobStopped(Exception):
    """The job ends Stopped."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.value)
        self.ending = ending


class RequestInvalid(Exception):
    """SageMaker, or Step Functions before it, rejects the request; no job starts.

    ``error`` is the error name for a state's Retry and Catch; ``reason`` is SageMaker's own message, without what Step
    Functions adds to it.
    """

    def __init__(self, error: str, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.error = error
        self.reason = message if reason is None else reason


NOT_A_REQUEST = "States.Runtime"
REFUSED_BY_SAGEMAKER = "SageMaker.AmazonSageMakerException"
NAME_IN_USE = "SageMaker.ResourceInUseException"
REFUSED_SDK_CALL = "SageMaker.SageMakerException"


def validation_exception(message: str, error: str = REFUSED_BY_SAGEMAKER) -> RequestInvalid:
    """SageMaker's ValidationException, worded as Step Functions passes it on."""
    return RequestInvalid(
        error, f"{message} (Service: AmazonSageMaker; Status Code: 400; Error Code: ValidationException)", message
    )
