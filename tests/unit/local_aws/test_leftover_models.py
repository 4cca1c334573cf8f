"""Deletion of k-NN models left by earlier runs, on the engine's S3, Step Functions and SageMaker."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from contract.run_layout import RunLayout, job_base, run_id_of
from lambdas.planning import leftover_models
from lambdas.retiring import execution_state
from lambdas.s3_json import JsonDocuments
from local_aws import engine
from tests.unit.local_aws import sample_requests as request_of
from tests.unit.local_aws.conftest import client_of

UUID = "8d3c2b1a-0000-4000-8000-"
DEFINITION = {
    "StartAt": "Which?",
    "States": {
        "Which?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.end", "StringEquals": "never", "Next": "Wait"},
                {"Variable": "$.end", "StringEquals": "well", "Next": "Done"},
            ],
            "Default": "Broken",
        },
        "Wait": {"Type": "Wait", "Seconds": 300, "End": True},
        "Done": {"Type": "Succeed"},
        "Broken": {"Type": "Fail"},
    },
}


class Stack:
    """One stack's bucket and state machine, with runs of any past day."""

    def __init__(self, running: engine.RunningEngine, bucket: str) -> None:
        self.documents = JsonDocuments(client_of(running, "s3"), bucket)
        self.states, self.sagemaker = client_of(running, "stepfunctions"), client_of(running, "sagemaker")
        self.now = run_id_of(bucket, "2026-11-30T03:00:00Z")
        role, name = request_of.ROLE, f"delete_leftovers-{time.time_ns()}"
        made = self.states.create_state_machine(name=name, definition=json.dumps(DEFINITION), roleArn=role)
        self.machine = made["stateMachineArn"]
        self.create: Callable[[str], None] = lambda _: None

    def execution(self, end: str) -> str:
        arn = self.states.start_execution(stateMachineArn=self.machine, input=json.dumps({"end": end}))["executionArn"]
        deadline = time.monotonic() + 20
        while end != "never" and self.states.describe_execution(executionArn=arn)["status"] == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return str(arn)

    def run(self, day: int, end: str, models: int = 1) -> RunLayout:
        """A run that started on that day and ended with that status, and the models that it left."""
        arn = self.execution(end)
        layout = RunLayout(self.documents.bucket, run_id_of(arn, f"2026-11-{day:02d}T03:00:00Z"))
        self.documents.write(layout.plan, {"run_id": layout.run_id, "execution": {"arn": arn}})
        for _ in range(models):
            self.leave(layout)
        return layout

    def leave(self, layout: RunLayout) -> str:
        name = f"{job_base('nn', layout.run_id)}-{UUID}{time.time_ns() % 10**12:012d}"
        self.create(name)
        return name

    def left(self, text: str) -> list[str]:
        pages = self.sagemaker.get_paginator("list_models").paginate(NameContains=text)
        return [model["ModelName"] for page in pages for model in page["Models"]]

    def models_of(self, layout: RunLayout) -> list[str]:
        return self.left(job_base("nn", layout.run_id))

    def delete_leftovers(self) -> list[str]:
        return leftover_models.delete(self.documents, self.states, self.sagemaker, self.now)


@pytest.fixture
def stack(running: engine.RunningEngine, bucket: str, running_home: Any) -> Stack:
    made = Stack(running, bucket)
    # A state machine creates models; here their records are put where the engine stores them.
    for_all = {"CreationTime": 1_795_000_000_000, "ExecutionRoleArn": request_of.ROLE}

    def create(name: str) -> None:
        arn = f"arn:aws:sagemaker:{running.region}:{running.account}:model/{name}"
        record = {**request_of.model(name), **for_all, "ModelArn": arn}
        (running_home.models / f"{name}.json").write_text(json.dumps(record))

    made.create = create
    return made


def test_the_models_of_a_run_that_failed_are_deleted_all_of_them(stack: Stack) -> None:
    failed = stack.run(23, "badly", models=12)  # more than a page of ListModels
    names = stack.models_of(failed)
    assert len(names) == 12
    assert sorted(stack.delete_leftovers()) == sorted(names)
    assert stack.models_of(failed) == []


def test_a_run_that_goes_on_keeps_its_model_until_it_is_stopped(stack: Stack) -> None:
    going_on = stack.run(23, "never")
    assert stack.delete_leftovers() == []
    (name,) = stack.models_of(going_on)
    stack.states.stop_execution(executionArn=stack.documents.read(going_on.plan)["execution"]["arn"])
    assert stack.delete_leftovers() == [name]


def test_models_of_later_runs_and_of_others_are_not_touched(stack: Stack) -> None:
    later, earlier = stack.run(30, "badly"), stack.run(23, "badly", models=0)
    stack.now = min(stack.now, later.run_id)
    base = job_base("nn", earlier.run_id)
    others = [f"not-{base}-1", f"{base}0-1"]
    for name in others:
        stack.create(name)
    assert stack.delete_leftovers() == []
    assert sorted(stack.left(base)) == sorted(others)
    assert len(stack.models_of(later)) == 1


def test_a_run_that_is_over_for_good_is_looked_at_once(stack: Stack) -> None:
    done = stack.run(23, "well")
    assert len(stack.delete_leftovers()) == 1
    stack.leave(done)
    assert stack.delete_leftovers() == []


def test_a_run_that_can_be_redriven_is_looked_at_again(stack: Stack) -> None:
    failed = stack.run(23, "badly")
    assert len(stack.delete_leftovers()) == 1
    again = stack.leave(failed)  # as a redriven execution would
    assert stack.delete_leftovers() == [again]


def test_a_folder_without_a_plan_is_no_run(stack: Stack) -> None:
    stack.documents.write("runs/20261101t030000000-abcdef/summary.json", {})
    stack.documents.write("runs/notes/plan.json", {})
    assert stack.delete_leftovers() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}"])
def test_a_damaged_plan_costs_neither_the_run_nor_the_other_models(
    stack: Stack, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    first, second = stack.run(16, "badly"), stack.run(23, "badly")
    stack.documents.s3.put_object(Bucket=stack.documents.bucket, Key=first.plan, Body=body)
    assert len(stack.delete_leftovers()) == len({first.run_id, second.run_id}) - 1
    assert f"{first.plan} " in caplog.text


def test_a_call_that_fails_costs_neither_the_run_nor_the_other_models(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = stack.run(16, "badly"), stack.run(23, "badly")
    (name,) = stack.models_of(second)
    listed = {"ModelName": name, "ModelArn": f"arn:aws:sagemaker:us-east-1:0:model/{name}", "CreationTime": 0}
    with Stubber(stack.sagemaker) as answers:
        answers.add_client_error("list_models", "AccessDeniedException", "no")
        answers.add_response("list_models", {"Models": [listed]})
        answers.add_client_error("delete_model", "ValidationException", "Could not find model")  # another one was first
        assert stack.delete_leftovers() == [name]
    assert first.run_id in caplog.text
    assert second.run_id not in caplog.text
    assert stack.models_of(first)  # left to the next run
    assert len(stack.delete_leftovers()) == 2


def test_one_run_looks_at_so_many_earlier_ones_at_most(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftover_models, "MOST_RUNS", 1)
    first, second = stack.run(16, "well"), stack.run(23, "well")
    (one,), (two,) = stack.models_of(first), stack.models_of(second)
    assert [stack.delete_leftovers(), stack.delete_leftovers(), stack.delete_leftovers()] == [[one], [two], []]


@pytest.mark.parametrize(
    ("end", "days", "over", "final"),
    [("never", 0, False, False), ("badly", 13, True, False), ("badly", 15, True, True), ("well", 0, True, True)],
)
def test_an_execution_is_final_when_it_succeeded_or_is_too_old_to_be_redriven(
    end: str, days: int, over: bool, final: bool, stack: Stack
) -> None:
    arn = stack.execution(end)
    found = execution_state.of(stack.states, arn, now=datetime.now(UTC) + timedelta(days=days))
    assert found == execution_state.ExecutionState(over, final)


def test_an_execution_that_step_functions_has_forgotten_is_final(stack: Stack) -> None:
    forgotten = f"{stack.execution('well').rsplit(':', 1)[0]}:long-gone"
    assert execution_state.of(stack.states, forgotten) == execution_state.ExecutionState(over=True, final=True)


def test_an_old_plan_that_is_damaged_costs_neither_the_run_nor_the_other_models(stack: Stack) -> None:
    damaged, whole = stack.run(16, "badly", models=0), stack.run(23, "badly")
    names = stack.models_of(whole)
    for written in ([7], {}, {"execution": "none"}):
        stack.documents.write(damaged.plan, written)
        stack.leave(whole)
        assert stack.delete_leftovers()
    assert stack.models_of(whole) == []
    assert names


def test_after_transient_errors_the_next_run_deletes_the_models(stack: Stack) -> None:
    """Waiting for each of a hundred runs would take longer than planning may take."""
    first, second = stack.run(16, "badly"), stack.run(23, "badly")
    with Stubber(stack.sagemaker) as answers:
        answers.add_client_error("list_models", "ThrottlingException", "Rate exceeded")
        assert stack.delete_leftovers() == []
        answers.assert_no_pending_responses()
    assert len(stack.delete_leftovers()) == len([first, second])
