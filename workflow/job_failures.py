"""Why a SageMaker job failed, from what SageMaker reports, and whether a retry can help."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from contract.refusal import NamedError
from workflow.failure_cause import document

_KINDS = ("Processing", "Training", "Transform")
_QUOTA = "SageMaker.ResourceLimitExceededException"
# FailureReason begins with one of these. Messages of our own containers come after "AlgorithmError: ", or in
# ExitMessage, which is not read: no text of theirs can be mistaken for SageMaker's.
_NO_CAPACITY = ("CapacityError", "InsufficientCapacityError", "InsufficientInstanceCapacity")
_INTERNAL = ("InternalServerError", "InternalFailure", "InternalError", "ServiceUnavailable")
_NAME = re.compile(r"\s*(\w+)\s*:")
# For a spot training that got no instance in time; not every engine counts this as a failure.
_SPOT_WAITED = "MaxWaitTimeExceeded"
# How Step Functions reports an error response of a service.
_CALL = re.compile(r"Status Code: (\d+)(?:; Error Code: (\w+))?")
_THROTTLED = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown", re.IGNORECASE)


class JobFailed(NamedError):
    """A job failed for good: a retry would fail again, or capacity was not available for as long as a run waits."""


class Obstacle(Enum):
    """What made a job fail."""

    CAPACITY = "no instance of that type was free"
    INTERNAL = "SageMaker itself failed"
    CALL = "SageMaker did not take the call"
    CONTAINER = "the container failed"
    REFUSED = "SageMaker refused the request"
    STOPPED = "the job was stopped"


@dataclass(frozen=True)
class JobFailure:
    """``reason`` is SageMaker's own text."""

    obstacle: Obstacle
    reason: str


def failure_of(error: str, cause: str) -> JobFailure:
    """Why a state that runs a job failed.

    Sources: ``FailureReason`` of DescribeTrainingJob and similar actions; "Retry Policy for Pipeline Steps", SageMaker
    developer guide, which distinguishes the same cases.

    Args:
        error: the error's name in Step Functions.
        cause: the job's Describe document, or a service's error response.

    >>> failure_of("States.TaskFailed", '{"FailureReason": "CapacityError: Unable to provision"}').obstacle
    <Obstacle.CAPACITY: 'no instance of that type was free'>
    >>> failure_of("States.TaskFailed", '{"FailureReason": "AlgorithmError: CapacityError: no"}').obstacle
    <Obstacle.CONTAINER: 'the container failed'>
    """
    job = document(cause)
    status = next((str(job[f"{kind}JobStatus"]) for kind in _KINDS if f"{kind}JobStatus" in job), None)
    if status is None and "FailureReason" not in job:
        return JobFailure(_obstacle_of_call(error, cause), f"{error}: {cause.strip()}" if cause else error)
    if status in ("Stopped", "Stopping"):
        waited = job.get("SecondaryStatus") == _SPOT_WAITED
        why = "got no spot instance in time" if waited else "was stopped by a user"
        return JobFailure(Obstacle.CAPACITY if waited else Obstacle.STOPPED, f"the job {why}")
    reason = str(job.get("FailureReason") or "SageMaker gave no reason")
    return JobFailure(_obstacle_of_job(reason), reason)


def newest_failure(failed: Mapping[str, Any]) -> tuple[str, JobFailure] | None:
    """The job that failed last, by its stage, and why; None if that was handled already.

    Args:
        failed: ``$.failed`` of the execution: Error and Cause, as caught, under the job's stage.
    """
    for stage, text in failed.items():
        if isinstance(text, Mapping) and "Error" in text:
            return stage, failure_of(text["Error"], text["Cause"])
    return None


def _obstacle_of_job(reason: str) -> Obstacle:
    named = _NAME.match(reason)
    name = named[1] if named else ""
    if name in _NO_CAPACITY:
        return Obstacle.CAPACITY
    return Obstacle.INTERNAL if name in _INTERNAL else Obstacle.CONTAINER


def _obstacle_of_call(error: str, cause: str) -> Obstacle:
    if error == _QUOTA:
        return Obstacle.CAPACITY
    answered = _CALL.search(cause)
    status, code = (answered[1], answered[2] or "") if answered else ("", "")
    later = status.startswith("5") or status == "429" or _THROTTLED.search(f"{error} {code}")
    return Obstacle.CALL if later else Obstacle.REFUSED
