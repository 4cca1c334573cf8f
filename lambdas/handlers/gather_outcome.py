"""State "Gather times and costs": what the run took, from Step Functions' history, for the outcome page."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from contract.outcome_documents import Cost, Facts, TrainingSeconds
from contract.run_layout import RunLayout, job_names
from lambdas import aws_clients, emf, run_log
from lambdas.outcome import outcome_warnings, run_values
from lambdas.outcome.job_bills import JobBill, Prices, jobs_of
from lambdas.s3_json import JsonDocuments
from workflow.state_timings import StateRun, seconds_by_state, states_of

_FACTORIZATION_MACHINES = (job_names("fm"), job_names("rf"))


class Caught(TypedDict, total=False):
    """The error that Step Functions puts in place of a failed state's result."""

    Error: str
    Cause: str


class Event(TypedDict):
    """What the state passes."""

    run_id: str
    deleted: Caught  # from "Delete k-NN model"; empty if it succeeded


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> dict[str, float]:
    """Returns the seconds that the run took."""
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    return gather_outcome(documents, aws_clients.client("stepfunctions"), event["run_id"], event["deleted"])


def gather_outcome(documents: JsonDocuments, states: Any, run_id: str, deleted: Caught) -> dict[str, float]:
    """Write facts.json: seconds by state, the jobs and their cost. A repeated call overwrites it.

    What could not be deleted is added to the outcome's warnings.

    Args:
        documents: in the bucket.
        states: boto3 Step Functions client.
        run_id: its plan has the execution's ARN.
        deleted: Error and Cause of the k-NN model's deletion, empty if it succeeded.
    """
    layout = RunLayout(documents.bucket, run_id)
    execution = documents.read(layout.plan)["execution"]["arn"]
    pages = states.get_paginator("get_execution_history").paginate(executionArn=execution, maxResults=1000)
    events = [event for page in pages for event in page["events"]]
    found = facts(execution, events, Prices.known())
    documents.write(layout.facts, found)
    outcome_warnings.add(documents, layout, warnings(deleted))
    emf.emit(run_values.of_facts(found), run_id=run_id)
    return {"seconds": found["seconds"]}


def facts(execution: str, events: Sequence[Mapping[str, Any]], prices: Prices) -> Facts:
    """The content of facts.json: execution, seconds, states, jobs, cost.

    Args:
        execution: its ARN.
        events: its history, oldest first. The last states may be missing: they do not wait for this one.
        prices: of the jobs' instances.
    """
    visited = [state for state in states_of(events) if state.kind != "Succeed"]
    if visited[-1].exited is None:  # the state that invoked this function, as far as the history shows yet
        visited.pop()
    seconds = seconds_by_state(visited, events[-1]["timestamp"])
    visits = Counter(state.name for state in visited)
    failed = _failed_attempts(events)
    bills = list(jobs_of(events))
    return {
        "execution": execution,
        "seconds": round(sum(seconds.values()), 3),
        "states": [
            {"name": name, "seconds": spent, "visits": visits[name], "failed_attempts": failed[name]}
            for name, spent in seconds.items()
        ],
        "jobs": [bill.as_json(prices.cost(bill)) for bill in bills],
        "expected": _expected(visited, bills),
        "cost": _cost(bills, prices),
    }


def _expected(states: Sequence[StateRun], bills: Sequence[JobBill]) -> dict[str, TrainingSeconds]:
    """The expected time of each state that trained factorization machines, from "Plan training"."""
    planned: Sequence[TrainingSeconds] = next(
        (s.given["training"]["expected_seconds"] for s in states if "training" in s.given), []
    )
    trainings = dict.fromkeys(b.state for b in bills if b.name.startswith(_FACTORIZATION_MACHINES))
    return dict(zip(trainings, planned, strict=False))  # a planned refit may have had no job


def _failed_attempts(events: Sequence[Mapping[str, Any]]) -> Counter[str]:
    found: Counter[str] = Counter()
    state = ""
    for event in events:
        state = event.get("stateEnteredEventDetails", {}).get("name", state)
        found[state] += event["type"] in ("TaskFailed", "TaskTimedOut", "TaskSubmitFailed", "TaskStartFailed")
    return found


def warnings(deleted: Caught) -> list[str]:
    """The warnings about the k-NN model's deletion, from its Error and Cause."""
    cause = deleted.get("Cause") or deleted.get("Error")
    # "Does not exist" follows a deletion whose response was lost.
    if cause is None or "Could not find model" in cause:
        return []
    return [f"the k-NN model of this run could not be deleted ({cause}); the next run tries again"]


def _cost(bills: Sequence[JobBill], prices: Prices) -> Cost:
    """The total cost of the jobs with a known cost; ``without_price`` and ``without_time`` list the others."""
    return {
        "usd": round(sum(prices.cost(bill) or 0 for bill in bills), 6),
        "region": prices.region,
        "as_of": prices.as_of,
        "without_price": sorted({b.instance_type for b in bills if b.instance_type not in prices.usd_an_hour}),
        "without_time": [bill.name for bill in bills if bill.seconds is None],
    }
