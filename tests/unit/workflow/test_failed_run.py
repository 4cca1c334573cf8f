"""How a run failed, from histories like AWS's; botocore's stubber validates each response against its model."""

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from contract.run_layout import run_id_of
from tests.unit.workflow.execution_histories import (
    CHILD,
    EXECUTION,
    FUNCTION,
    LAMBDA,
    MACHINE,
    MAP_RUN,
    START,
    TRAINING,
    History,
    planned,
)
from workflow.failed_job_stages import AGAIN, LOOK, WAIT
from workflow.failed_run import Attempt, FailedRun, failed_state, look

TIMEOUT = "States.Timeout"
REFUSAL = json.dumps({"errorMessage": "InputRefused: no data", "errorType": "InputRefused", "stackTrace": []})
FM = "Train factorization machines"
FAILED_JOB = json.dumps({"TrainingJobName": "fm-1-a", "TrainingJobStatus": "Failed", "FailureReason": "ClientError: x"})


class StepFunctions:
    """A client with scripted responses."""

    def __init__(self) -> None:
        self.client = boto3.session.Session(aws_access_key_id="a", aws_secret_access_key="b").client(
            "stepfunctions", region_name="eu-west-1"
        )
        self.script = Stubber(self.client)

    def describes(self, status: str, arn: str = EXECUTION, given: str = "{}", **more: Any) -> "StepFunctions":
        answer = {
            "executionArn": arn,
            "stateMachineArn": MACHINE,
            "status": status,
            "startDate": START,
            "input": given,
            **more,
        }
        self.script.add_response("describe_execution", answer, {"executionArn": arn})
        return self

    def tells(self, history: History, arn: str = EXECUTION, token: str | None = None) -> "StepFunctions":
        known = set(self.client.meta.service_model.shape_for("HistoryEventType").enum)
        assert {event["type"] for event in history.events} <= known
        answer = {"events": history.newest_first, **({"nextToken": token} if token else {})}
        asked = {"executionArn": arn, "reverseOrder": True, "maxResults": 100}
        self.script.add_response("get_execution_history", answer, asked)
        return self

    def maps(self, **failed: list[dict[str, Any]]) -> "StepFunctions":
        """One map run from some days ago, one from now, with these children by status."""
        runs = [
            {"executionArn": EXECUTION, "mapRunArn": arn, "stateMachineArn": MACHINE, "startDate": start}
            for arn, start in ((f"{MAP_RUN}1", START - timedelta(days=1)), (MAP_RUN, START))
        ]
        self.script.add_response("list_map_runs", {"mapRuns": runs}, {"executionArn": EXECUTION})
        for status in ("FAILED", "TIMED_OUT"):
            asked = {"mapRunArn": MAP_RUN, "statusFilter": status}
            self.script.add_response("list_executions", {"executions": failed.get(status, [])}, asked)
        return self

    def look(self, **event: Any) -> FailedRun:
        with self.script:
            run = look(self.client, EXECUTION, event)
        self.script.assert_no_pending_responses()
        return run


@pytest.fixture
def states() -> StepFunctions:
    return StepFunctions()


def child(number: int, second: int, status: str = "FAILED") -> dict[str, Any]:
    return {
        "executionArn": f"{CHILD}{number}",
        "stateMachineArn": MACHINE,
        "name": str(number),
        "status": status,
        "startDate": START,
        "stopDate": START + timedelta(seconds=second),
    }


def test_a_function_that_failed_is_named_with_its_cause(states: StepFunctions) -> None:
    history = planned().enter("Plan training").schedule(LAMBDA, FunctionName=FUNCTION, Payload={})
    history.add("TaskFailed", **LAMBDA, error="InputRefused", cause=REFUSAL)
    history.add("ExecutionFailed", error="InputRefused", cause=REFUSAL)
    run = states.describes("FAILED", error="InputRefused", cause=REFUSAL).tells(history).look()
    assert run.state is not None
    assert (run.state.name, run.error, run.cause) == ("Plan training", "InputRefused", REFUSAL)
    assert (run.function, run.job, run.part) == ("topx-PlanTraining", None, None)
    assert run.run_id == run_id_of(EXECUTION, "2026-11-23T03:00:00Z")


def test_what_comes_after_a_run_is_known_by_its_input_as_that_runs(states: StepFunctions) -> None:
    given = json.dumps({"plan": {"run_id": "20261116t030000120-a9711f", "outcome": {}}})
    run = states.describes("FAILED", given=given, error="AwsUnavailable", cause="x").tells(History()).look()
    assert (run.run_id, run.after_publishing) == ("20261116t030000120-a9711f", True)
    for other in ({}, {"plan": 5}, {"top_x": 5}):
        states.describes("FAILED", given=json.dumps(other), error="x", cause="x").tells(History())
        run = states.look()
        assert (run.run_id, run.after_publishing) == (run_id_of(EXECUTION, "2026-11-23T03:00:00Z"), False)


def test_a_job_that_failed_twice_is_the_last_one(states: StepFunctions) -> None:
    history = planned().enter(FM)
    for name in ("fm-1-b", "fm-1-a"):
        history.schedule(TRAINING, TrainingJobName=name)
        history.add("TaskFailed", **TRAINING, error="States.TaskFailed", cause=FAILED_JOB.replace("fm-1-a", name))
    history.add("ExecutionFailed", error="States.TaskFailed", cause=FAILED_JOB)
    run = states.describes("FAILED", error="States.TaskFailed", cause=FAILED_JOB).tells(history).look()
    assert run.state is not None
    assert (run.state.name, run.job) == (FM, ("Training", "fm-1-a"))
    assert [json.loads(attempt.cause)["TrainingJobName"] for attempt in run.state.attempts] == ["fm-1-a", "fm-1-b"]


def test_a_fail_state_has_no_event_but_its_entry(states: StepFunctions) -> None:
    history = planned().task("Check quality").enter("Good enough?", "Choice").leave("Good enough?", "Choice")
    history.enter("Quality too low", "Fail").add("ExecutionFailed", error="QualityRefused", cause="0.1 is below 0.2")
    run = states.describes("FAILED", error="QualityRefused", cause="0.1 is below 0.2").tells(history).look()
    assert run.state is not None
    assert (run.state.name, run.state.kind, run.cause) == ("Quality too low", "Fail", "0.1 is below 0.2")


def a_failed_map(error: str) -> History:
    history = planned().enter("Load recommendations", "Map").add("MapStateStarted", length=0)
    history.add("MapRunStarted", mapRunArn=MAP_RUN).add("MapRunFailed", error=error, cause="…")
    return history.add("MapStateFailed").add("ExecutionFailed", error=error, cause="…")


@pytest.mark.parametrize("nested", [True, False], ids=["load: an entry of the manifest", "retire: the name"])
def test_a_failed_map_is_explained_by_the_child_that_failed_first(nested: bool, states: StepFunctions) -> None:
    error = "States.ExceedToleratedFailureThreshold"
    inner = History().enter("Load one part").schedule(LAMBDA, FunctionName=f"{FUNCTION}:live")
    inner.add("TaskFailed", **LAMBDA, error="PublishRefused", cause="PublishRefused: rows")
    inner.add("ExecutionFailed", error="PublishRefused", cause="PublishRefused: rows")
    given = json.dumps({"part": {"part": "part-00003", "users": 5} if nested else "part-00003"})
    states.describes("FAILED", error=error, cause="…").tells(a_failed_map(error))
    states.maps(FAILED=[child(1, 9), child(2, 5)], TIMED_OUT=[child(3, 7, "TIMED_OUT")])
    states.describes("FAILED", f"{CHILD}2", given, error="PublishRefused", cause="PublishRefused: rows")
    run = states.tells(inner, f"{CHILD}2").look()
    assert run.state is not None
    assert run.child is not None
    assert (run.state.name, run.child.name, run.part) == ("Load recommendations", "Load one part", "part-00003")
    assert (run.error, run.cause, run.function) == ("PublishRefused", "PublishRefused: rows", "topx-PlanTraining")


def test_a_map_that_had_no_children_keeps_its_own_cause(states: StepFunctions) -> None:
    states.describes("FAILED", error="States.ItemReaderFailed", cause="no parts.json")
    run = states.tells(a_failed_map("States.ItemReaderFailed")).maps().look()
    assert (run.error, run.cause, run.part) == ("States.ItemReaderFailed", "no parts.json", None)


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT"])
def test_a_state_that_ran_out_of_time_is_told_from_an_execution_that_did(status: str) -> None:
    own = (
        planned().enter(FM).schedule(TRAINING, TrainingJobName="fm-1-a").add("TaskTimedOut", **TRAINING, error=TIMEOUT)
    )
    whole = planned().enter(FM).schedule(TRAINING, TrainingJobName="fm-1-a")
    for history, expected in ((own, True), (whole, False)):
        history.add("ExecutionTimedOut" if status == "TIMED_OUT" else "ExecutionFailed", error=TIMEOUT)
        run = StepFunctions().describes(status, error=TIMEOUT).tells(history).look()
        assert run.state is not None
        assert (run.state.name, run.state.timed_out) == (FM, expected)
        assert run.job == ("Training", "fm-1-a")


def test_a_stopped_run_was_in_the_state_that_it_had_not_left(states: StepFunctions) -> None:
    history = planned().enter(FM).schedule(TRAINING, TrainingJobName="fm-1-a").add("TaskStateAborted")
    history.add("ExecutionAborted", error="Cancelled", cause="stopped by topx cancel")
    run = states.describes("ABORTED", error="Cancelled", cause="stopped by topx cancel").tells(history).look()
    assert run.state is not None
    assert (run.status, run.state.name, run.cause) == ("ABORTED", FM, "stopped by topx cancel")


def test_a_stopped_map_asks_for_no_child(states: StepFunctions) -> None:
    history = planned().enter("Load recommendations", "Map").add("MapRunStarted", mapRunArn=MAP_RUN)
    history.add("MapRunAborted").add("MapStateAborted").add("ExecutionAborted")
    assert states.describes("ABORTED").tells(history).look().part is None


def test_a_redriven_run_failed_where_it_went_on_without_entering_the_state_again(states: StepFunctions) -> None:
    history = planned().enter(FM).schedule(TRAINING, TrainingJobName="fm-1-b")
    history.add("TaskFailed", **TRAINING, error="E", cause="old").add("ExecutionFailed", error="E", cause="old")
    history.add("ExecutionRedriven", redriveCount=1).schedule(TRAINING, TrainingJobName="fm-1-a")
    history.add("TaskFailed", **TRAINING, error="E", cause="new").add("ExecutionFailed", error="E", cause="new")
    run = states.describes("FAILED", error="E", cause="new").tells(history).look()
    assert run.state is not None
    assert (run.state.name, run.state.attempts[0], run.job) == (FM, Attempt("E", "new"), ("Training", "fm-1-a"))


def test_a_state_that_was_visited_before_is_found_when_it_fails_the_second_time() -> None:
    history = planned().task("Plan training").enter("Plan training").add("ExecutionAborted")
    found = failed_state(history.newest_first)
    assert found is not None
    assert found.name == "Plan training"


def test_between_two_states_there_is_none() -> None:
    assert failed_state(planned().add("ExecutionAborted").newest_first) is None


def test_an_emulators_history_lacks_ids_parameters_and_starts() -> None:
    events: list[dict[str, Any]] = [
        {"type": "MapStateEntered", "stateEnteredEventDetails": {"name": "Load recommendations", "input": "{}"}},
        {"type": "TaskScheduled", "taskScheduledEventDetails": {"resourceType": "lambda", "resource": "x"}},
        {"type": "TaskFailed", "taskFailedEventDetails": {"error": "E", "cause": "c", "resource": "x"}},
        {"type": "ExecutionFailed", "executionFailedEventDetails": {"error": "E", "cause": "c"}},
    ]
    found = failed_state(reversed(events))
    assert found is not None
    assert (found.name, found.kind, found.task, found.attempts) == (
        "Load recommendations",
        "Map",
        {},
        (Attempt("E", "c"),),
    )


def test_no_more_of_a_long_history_is_read_than_is_needed(states: StepFunctions) -> None:
    history = planned().enter(FM).add("ExecutionFailed", error="E")
    assert states.describes("FAILED", error="E").tells(history, token="more").look().state is not None


def test_what_the_event_tells_goes_before_a_description_that_lags(states: StepFunctions) -> None:
    history = planned().enter(FM)
    run = states.describes("RUNNING").tells(history).look(status="FAILED", error="E", cause=None)
    assert (run.status, run.error, run.cause) == ("FAILED", "E", "")


def a_caught_job(cause: str = FAILED_JOB) -> History:
    """A failed job, up to the decision about it."""
    history = planned().enter(FM).schedule(TRAINING, TrainingJobName="fm-1-a")
    return history.add("TaskFailed", **TRAINING, error="States.TaskFailed", cause=cause).leave(FM).enter(LOOK)


def decided(history: History) -> History:
    """The decision to retry the job."""
    history.schedule(LAMBDA, FunctionName=FUNCTION).add("TaskSucceeded", **LAMBDA, output="{}").leave(LOOK)
    return history.enter(WAIT, "Wait")


def given_up(history: History, error: str = "JobFailed") -> History:
    history.schedule(LAMBDA, FunctionName=FUNCTION).add("TaskFailed", **LAMBDA, error=error, cause="by the function")
    return history.add("ExecutionFailed", error=error, cause="by the function")


def test_a_job_that_was_given_up_failed_in_its_own_state_for_its_own_reason(states: StepFunctions) -> None:
    history = decided(a_caught_job(FAILED_JOB.replace("x", "an earlier try"))).leave(WAIT, "Wait")
    history.enter(AGAIN, "Choice").leave(AGAIN, "Choice").enter(FM).schedule(TRAINING, TrainingJobName="fm-1-b")
    last = FAILED_JOB.replace("fm-1-a", "fm-1-b")
    history.add("TaskFailed", **TRAINING, error="States.TaskFailed", cause=last).leave(FM).enter(LOOK)
    run = states.describes("FAILED", error="JobFailed", cause="by the function").tells(given_up(history)).look()
    assert run.state is not None
    assert (run.state.name, run.error, run.cause) == (FM, "States.TaskFailed", last)
    assert (run.job, run.function) == (("Training", "fm-1-b"), None)


def test_when_the_decision_itself_breaks_that_is_reported(states: StepFunctions) -> None:
    history = given_up(a_caught_job(), "AwsUnavailable")
    run = states.describes("FAILED", error="AwsUnavailable", cause="by the function").tells(history).look()
    assert run.state is not None
    assert (run.state.name, run.error, run.function) == (LOOK, "AwsUnavailable", "topx-PlanTraining")


def test_a_run_that_is_stopped_while_a_job_waits_was_in_the_jobs_state(states: StepFunctions) -> None:
    history = decided(a_caught_job()).add("ExecutionAborted", error="Cancelled", cause="enough")
    run = states.describes("ABORTED", error="Cancelled", cause="enough").tells(history).look()
    assert run.state is not None
    assert (run.state.name, run.cause, run.state.given_up) == (FM, "enough", False)
