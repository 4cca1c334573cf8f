"""How long a job is retried, and for which reasons."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.workflow import definition
from lambdas.handlers.look_at_failed_job import handler, next_trial
from workflow.job_failures import JobFailed

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
RUN_SECONDS = definition()["TimeoutSeconds"]


def failed_job(reason: str, status: str = "Failed") -> dict[str, str]:
    job = {"TrainingJobName": "nn-1", "TrainingJobStatus": status, "FailureReason": reason}
    return {"Error": "States.TaskFailed", "Cause": json.dumps(job)}


NO_CAPACITY = failed_job("CapacityError: Unable to provision requested ML compute capacity.")
INTERNAL = failed_job("InternalServerError: We encountered an internal error.")
FAULT = failed_job("AlgorithmError: exit code: 1")
QUOTA = {
    "Error": "SageMaker.ResourceLimitExceededException",
    "Cause": "The account-level limit is 1 (Status Code: 400)",
}
THROTTLED = {
    "Error": "SageMaker.AmazonSageMakerException",
    "Cause": "Rate exceeded (Service: AmazonSageMaker; Status Code: 400; Error Code: ThrottlingException)",
}
REFUSED = {
    "Error": "SageMaker.AmazonSageMakerException",
    "Cause": "No (Service: AmazonSageMaker; Status Code: 400; Error Code: ValidationException)",
}


class Machine:
    """Retries a job that fails again and again, like the definition; ``minutes`` is the duration of an attempt."""

    def __init__(self, *, shortest: bool, minutes: float = 0.0) -> None:
        self.now, self.failed, self.shortest, self.took = NOW, {}, shortest, timedelta(minutes=minutes)  # type: ignore[var-annotated]
        self.redrives = 0
        self.waits: list[int] = []

    def fails(self, failure: dict[str, str], job: str = "nn") -> None:
        self.now += self.took
        self.failed = {**self.failed, job: failure}
        self.look()

    def look(self) -> None:
        trial = next_trial(
            self.failed,
            redrives=self.redrives,
            now=self.now,
            draw=lambda low, high: low if self.shortest else high,
        )
        self.failed = dict(trial)
        self.waits.append(trial["seconds"])
        self.now += timedelta(seconds=trial["seconds"])

    def until_given_up(self, failure: dict[str, str]) -> str:
        try:
            while True:
                self.fails(failure)
        except JobFailed as given_up:
            return str(given_up)


@pytest.mark.parametrize("failure", [NO_CAPACITY, QUOTA, THROTTLED], ids=["capacity", "quota", "throttled"])
@pytest.mark.parametrize("shortest", [True, False])
def test_a_shortage_is_outlasted_for_half_a_day_whatever_is_drawn(failure: dict[str, str], *, shortest: bool) -> None:
    machine = Machine(shortest=shortest, minutes=1)
    said = machine.until_given_up(failure)
    waited = machine.now - NOW
    assert timedelta(hours=12) <= waited <= timedelta(hours=13) < timedelta(seconds=RUN_SECONDS)
    assert machine.waits[:4] == ([150, 300, 600, 900] if shortest else [300, 600, 1200, 1800])
    assert f"(tried {len(machine.waits) + 1} times in 12." in said


def test_a_fault_of_the_container_is_given_one_more_chance() -> None:
    machine = Machine(shortest=True)
    said = machine.until_given_up(FAULT)
    assert machine.waits == [10]
    assert said.startswith("JobFailed: AlgorithmError: exit code: 1 (tried 2 times")


def test_what_sagemaker_loses_is_tried_six_times() -> None:
    machine = Machine(shortest=False, minutes=60)
    machine.until_given_up(INTERNAL)
    assert len(machine.waits) == 5


@pytest.mark.parametrize("failure", [REFUSED, failed_job("", "Stopped")], ids=["refused", "stopped by somebody"])
def test_what_would_be_refused_again_or_was_stopped_is_not_repeated(failure: dict[str, str]) -> None:
    machine = Machine(shortest=True)
    machine.until_given_up(failure)
    assert machine.waits == []


def test_a_shortage_does_not_use_up_the_containers_chance_nor_the_other_way_round() -> None:
    machine = Machine(shortest=True)
    for failure in (NO_CAPACITY, NO_CAPACITY, FAULT, NO_CAPACITY):
        machine.fails(failure)
    assert machine.until_given_up(FAULT).startswith("JobFailed: AlgorithmError")


def test_each_job_has_its_own_patience() -> None:
    machine = Machine(shortest=False)
    machine.fails(NO_CAPACITY, "pr")
    machine.now += timedelta(hours=20)
    machine.fails(NO_CAPACITY, "fm")
    assert machine.failed["since"] == (NOW + timedelta(hours=20, seconds=300)).isoformat()
    machine.fails(FAULT, "ex")
    assert machine.failed["repeats"] == {"CONTAINER": 1}


def test_a_redrive_has_the_job_tried_at_once_with_all_its_patience() -> None:
    machine = Machine(shortest=True)
    machine.until_given_up(FAULT)
    machine.redrives = 1  # the state is entered again with the same input
    machine.look()
    assert machine.waits[-1] == 0
    assert machine.failed["job"] == "nn"
    machine.until_given_up(FAULT)
    assert machine.waits == [10, 0, 10]


def test_the_context_object_has_a_count_only_in_a_redriven_execution() -> None:
    event: dict[str, Any] = {"failed": {"tr": REFUSED}, "execution": {"Id": "arn", "Input": {}}}
    with pytest.raises(JobFailed, match="ValidationException"):
        handler(event, None)
    again = handler({**event, "execution": {**event["execution"], "RedriveCount": 1}}, None)
    assert (again["job"], again["seconds"], again["redrives"]) == ("tr", 0, 1)
