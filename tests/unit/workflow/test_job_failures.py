"""What SageMaker reports about a failed job, and how it is classified."""

import json
from typing import Any

import pytest

from workflow.job_failures import Obstacle, failure_of, newest_failure

# As reported publicly for real jobs.
NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."


def job(kind: str = "Training", status: str = "Failed", **more: Any) -> str:
    return json.dumps({f"{kind}JobName": "x-1", f"{kind}JobStatus": status, **more})


def call(status: int, code: str) -> str:
    return f"Said so (Service: AmazonSageMaker; Status Code: {status}; Error Code: {code}; Request ID: 1; Proxy: null)"


@pytest.mark.parametrize("kind", ["Training", "Processing", "Transform"])
@pytest.mark.parametrize(
    ("reason", "obstacle"),
    [
        (NO_CAPACITY, Obstacle.CAPACITY),
        (INTERNAL, Obstacle.INTERNAL),
        ("AlgorithmError: exit code: 1", Obstacle.CONTAINER),
        ("ClientError: No S3 objects found under S3 URL", Obstacle.CONTAINER),
        # A container may write anything.
        (f"AlgorithmError: {NO_CAPACITY}, exit code: 1", Obstacle.CONTAINER),
        (f"AlgorithmError: ExecuteUserScriptError: {INTERNAL}", Obstacle.CONTAINER),
        ("Something new", Obstacle.CONTAINER),
    ],
)
def test_a_job_is_classified_by_how_its_reason_begins(kind: str, reason: str, obstacle: Obstacle) -> None:
    found = failure_of("States.TaskFailed", job(kind, FailureReason=reason))
    assert (found.obstacle, found.reason) == (obstacle, reason)


def test_what_a_container_left_as_its_message_counts_for_nothing() -> None:
    cause = job("Processing", FailureReason="AlgorithmError: , exit code: 1", ExitMessage=NO_CAPACITY)
    assert failure_of("States.TaskFailed", cause).obstacle is Obstacle.CONTAINER
    assert failure_of("States.TaskFailed", job("Processing", ExitMessage=NO_CAPACITY)).obstacle is Obstacle.CONTAINER


def test_a_stopped_job_lacked_nothing_but_a_spot_training_that_only_waited_did() -> None:
    assert (
        failure_of("States.TaskFailed", job(status="Stopped", FailureReason=NO_CAPACITY)).obstacle is Obstacle.STOPPED
    )
    waited = job(status="Stopped", SecondaryStatus="MaxWaitTimeExceeded")
    assert failure_of("States.TaskFailed", waited).obstacle is Obstacle.CAPACITY
    too_long = job(status="Stopped", SecondaryStatus="MaxRuntimeExceeded")
    assert failure_of("States.TaskFailed", too_long).obstacle is Obstacle.STOPPED


@pytest.mark.parametrize(
    ("error", "cause", "obstacle"),
    [
        ("SageMaker.ResourceLimitExceededException", call(400, "ResourceLimitExceeded"), Obstacle.CAPACITY),
        ("SageMaker.AmazonSageMakerException", call(400, "ThrottlingException"), Obstacle.CALL),
        ("SageMaker.AmazonSageMakerException", call(503, "ServiceUnavailable"), Obstacle.CALL),
        ("SageMaker.AmazonSageMakerException", call(500, "InternalFailure"), Obstacle.CALL),
        ("SageMaker.ThrottlingException", "Rate exceeded", Obstacle.CALL),
        ("ThrottlingException", "", Obstacle.CALL),
        ("SageMaker.AmazonSageMakerException", call(400, "ValidationException"), Obstacle.REFUSED),
        ("SageMaker.AmazonSageMakerException", call(403, "AccessDeniedException"), Obstacle.REFUSED),
        ("SageMaker.AmazonSageMakerException", "x" * 40_000, Obstacle.REFUSED),
        ("States.Runtime", "", Obstacle.REFUSED),
    ],
)
def test_a_call_is_classified_by_its_answer(error: str, cause: str, obstacle: Obstacle) -> None:
    found = failure_of(error, cause)
    assert found.obstacle is obstacle
    assert found.reason.startswith(error)


def test_the_newest_failure_is_the_one_with_an_error() -> None:
    trial = {"job": "pr", "seconds": 3, "since": "2026-11-23T03:00:00+00:00", "repeats": {"CAPACITY": 1}, "redrives": 0}
    failed = {**trial, "nn": {"Error": "States.TaskFailed", "Cause": job(FailureReason=NO_CAPACITY)}}
    assert newest_failure(failed) == ("nn", failure_of("States.TaskFailed", job(FailureReason=NO_CAPACITY)))
    assert newest_failure(trial) is None
    assert newest_failure({}) is None
