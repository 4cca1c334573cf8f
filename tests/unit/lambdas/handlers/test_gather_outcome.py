"""A run's time and cost, for histories with a known answer."""

import json
from typing import Any

import pytest

from contract.run_layout import job_names
from lambdas.handlers.gather_outcome import facts, warnings
from lambdas.outcome.job_bills import JobBill, Prices, jobs_of
from lambdas.outcome.run_values import of_facts
from tests.unit.workflow.execution_histories import EXECUTION, TRAINING, History, planned

PRICES = Prices("us-east-1", "2025", {"ml.c5.xlarge": 0.36, "ml.m5.xlarge": 3.6})
PROCESSING = {"resourceType": "sagemaker", "resource": "createProcessingJob.sync"}
TRANSFORM = {"resourceType": "sagemaker", "resource": "createTransformJob.sync"}
START = {"resourceType": "states", "resource": "startExecution"}
REQUEST = {"ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30}}


def training(name: str, status: str = "Completed", **others: Any) -> str:
    return json.dumps({"TrainingJobName": name, "TrainingJobStatus": status, **REQUEST, **others})


def processing(name: str, seconds: float, instance_type: str = "ml.m5.xlarge") -> str:
    cluster = {"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 30}
    times = {"ProcessingStartTime": 1_700_000_000_000, "ProcessingEndTime": 1_700_000_000_000 + round(1000 * seconds)}
    resources = {"ProcessingResources": {"ClusterConfig": cluster}}
    return json.dumps({"ProcessingJobName": name, "ProcessingJobStatus": "Completed", **resources, **times})


def whole() -> History:
    """A run: a job that failed and was retried, one of a type without a price, and its end."""
    history = planned().enter("Prepare").schedule(PROCESSING, ProcessingJobName="pr-1")
    history.add("TaskSucceeded", **PROCESSING, output=processing("pr-1", 100.5)).leave("Prepare")
    history.enter("Train").schedule(TRAINING, TrainingJobName="fm-1", **REQUEST)
    times = {"TrainingStartTime": 1_700_000_000_000, "TrainingEndTime": 1_700_000_050_000}
    history.add("TaskFailed", **TRAINING, error="States.TaskFailed", cause=training("fm-1", "Failed", **times))
    history.schedule(TRAINING, TrainingJobName="fm-2", **REQUEST)
    spot = {"TrainingTimeInSeconds": 900, "BillableTimeInSeconds": 300}
    history.add("TaskSucceeded", **TRAINING, output=training("fm-2", **spot)).leave("Train")
    history.enter("Extract").schedule(PROCESSING, ProcessingJobName="ex-1")
    history.add("TaskSucceeded", **PROCESSING, output=processing("ex-1", 10, "ml.new.xlarge")).leave("Extract")
    return history.enter("Start after publishing").schedule(START)


def test_jobs_are_billed_by_their_own_seconds_failed_and_spot_ones_too() -> None:
    found = facts(EXECUTION, whole().events, PRICES)
    jobs = [(job["state"], job["name"], job["status"], job["seconds"], job["usd"]) for job in found["jobs"]]
    assert jobs == [
        ("Prepare", "pr-1", "Completed", 100.5, pytest.approx(0.1005)),
        ("Train", "fm-1", "Failed", 50.0, pytest.approx(0.01)),
        ("Train", "fm-2", "Completed", 300.0, pytest.approx(0.06)),
        ("Extract", "ex-1", "Completed", 10.0, None),
    ]
    assert found["cost"] == {
        "usd": pytest.approx(0.1705),
        "region": "us-east-1",
        "as_of": "2025",
        "without_price": ["ml.new.xlarge"],
        "without_time": [],
    }


@pytest.mark.parametrize("over", [False, True], ids=["while it is starting this", "once it is over"])
def test_states_have_their_seconds_and_failed_attempts(over: bool) -> None:
    """The run does not wait: how far its history goes at this time is random."""
    history = whole()
    if over:
        history.add("TaskSucceeded", **START, output="{}").leave("Start after publishing")
        history.enter("Served", "Succeed").leave("Served", "Succeed").add("ExecutionSucceeded")
    found = facts(EXECUTION, history.events, PRICES)
    states = {state["name"]: (state["seconds"], state["failed_attempts"]) for state in found["states"]}
    assert list(states)[:5] == ["Plan the run", "Dry run?", "Prepare", "Train", "Extract"]
    assert list(states)[5:] == ["Start after publishing"] * over
    assert states["Train"] == (9.0, 1)
    assert states["Prepare"] == (5.0, 0)


@pytest.mark.parametrize(
    "end",
    [
        lambda history: history.add("TaskTimedOut", **TRAINING, error="States.Timeout"),
        lambda history: history.add("ExecutionAborted").add("ExecutionRedriven", redriveCount=1),
    ],
    ids=["timed out", "stopped and redriven"],
)
def test_a_job_without_an_end_in_the_history_is_named_and_not_priced(end: Any) -> None:
    history = planned().enter("Train").schedule(TRAINING, TrainingJobName="fm-1", **REQUEST)
    end(history).schedule(TRAINING, TrainingJobName="fm-2", **REQUEST)
    history.add("TaskSucceeded", **TRAINING, output=training("fm-2", BillableTimeInSeconds=60)).leave("Train")
    found = facts(EXECUTION, history.enter("Start after publishing").events, PRICES)
    assert [(job["name"], job["status"], job["usd"]) for job in found["jobs"]] == [
        ("fm-1", "unknown", None),
        ("fm-2", "Completed", pytest.approx(0.012)),
    ]
    assert found["cost"]["without_time"] == ["fm-1"]


@pytest.mark.parametrize("refit", [True, False])
def test_what_a_training_was_expected_to_take_is_by_its_state(refit: bool) -> None:
    first, second = {"least": 60, "most": 600}, {"least": 75, "most": 750}
    given = json.dumps({"training": {"expected_seconds": [first, second][: 1 + refit]}})
    history = planned()
    for number, (state, stage) in enumerate([("Train", "fm"), ("Train again", "rf")][: 1 + refit]):
        name = f"{job_names(stage)}{number}"
        history.add("TaskStateEntered", "stateEnteredEventDetails", name=state, input=given)
        history.schedule(TRAINING, TrainingJobName=name, **REQUEST)
        history.add("TaskSucceeded", **TRAINING, output=training(name, BillableTimeInSeconds=60)).leave(state)
    history.enter("Train k-NN").schedule(TRAINING, TrainingJobName="nn", **REQUEST)
    history.add("TaskSucceeded", **TRAINING, output=training("topx-nn-1", BillableTimeInSeconds=9)).leave("Train k-NN")
    found = facts(EXECUTION, history.enter("Start after publishing").events, PRICES)
    assert found["expected"] == ({"Train": first, "Train again": second} if refit else {"Train": first})


def test_a_call_that_was_refused_is_no_job() -> None:
    history = planned().enter("Train").add("TaskScheduled", **TRAINING, parameters=training("fm-1"))
    history.add("TaskFailed", **TRAINING, error="SageMaker.AmazonSageMakerException", cause="throttled")
    assert list(jobs_of(history.events)) == []


def test_the_runs_values_are_sent_to_cloudwatch() -> None:
    found = facts(EXECUTION, whole().events, PRICES)
    spent = sum(state["seconds"] for state in found["states"])
    reported = {metric.name: value for metric, value in of_facts(found).items()}
    assert reported == {"Seconds": pytest.approx(spent), "CostUSD": pytest.approx(0.1705)}


def test_a_transform_is_billed_from_its_start_to_its_end() -> None:
    resources = {"TransformResources": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 3}}
    described = {"TransformJobName": "tr-1", "TransformJobStatus": "Completed", **resources}
    times = {"TransformStartTime": 1_000, "TransformEndTime": 11_000}
    bill = JobBill.of("Find", {**described, **times})
    assert bill is not None
    assert (bill.seconds, PRICES.cost(bill)) == (10.0, pytest.approx(0.003))
    unfinished = JobBill.of("Find", described)
    assert unfinished is not None
    assert (unfinished.seconds, PRICES.cost(unfinished)) == (None, None)


def test_the_types_that_a_run_uses_by_default_have_a_price() -> None:
    known = Prices.known()
    assert {"ml.m5.xlarge", "ml.c5.xlarge"} <= known.usd_an_hour.keys()
    assert all(0 < price < 100 for price in known.usd_an_hour.values())
    assert (known.region, len(known.as_of)) == ("us-east-1", 4)


@pytest.mark.parametrize(
    ("deleted", "words"),
    [
        ({}, None),
        ({"Error": "SageMaker.SageMakerException", "Cause": "Could not find model x"}, None),  # a response was lost
        ({"Error": "SageMaker.SageMakerException", "Cause": "not authorized"}, "(not authorized)"),
        ({"Error": "States.Timeout", "Cause": ""}, "(States.Timeout)"),
        ({"Error": "States.Timeout"}, "(States.Timeout)"),
    ],
)
def test_a_model_that_stays_is_warned_of_and_one_that_is_gone_is_not(
    deleted: dict[str, str], words: str | None
) -> None:
    found = warnings(deleted)
    assert found == [] if words is None else words in found[0]
