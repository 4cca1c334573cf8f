"""Past runs: executions of the state machine, with what each left in the bucket."""

from dataclasses import dataclass
from itertools import islice

from contract.run_layout import RunLayout
from topx.deployment import Deployment
from topx.execution import Snapshot, snapshot
from topx.outcome import failure_of, status_of
from topx.published import record_of
from topx.run_files import json_object
from workflow.failed_run import run_id

# The status of a version whose lists were deleted after newer versions.
_GONE = ("retiring", "retired")


@dataclass(frozen=True)
class Run:
    """A run; fields are None if it did not get far enough.

    ``status`` is an outcome's, ``running``, or, after newer versions replaced its lists, ``retiring`` or ``retired``.
    """

    run_id: str
    execution: str
    status: str
    seconds: float | None
    users: int | None
    items: int | None
    interactions: int | None
    ndcg: float | None
    most_popular_ndcg: float | None


def newest_runs(deployment: Deployment, most: int) -> list[Run]:
    """The newest ``most`` runs, newest first. Step Functions keeps executions for 90 days."""
    pages = deployment.states.get_paginator("list_executions").paginate(stateMachineArn=deployment.state_machine)
    entries = islice((entry for page in pages for entry in page["executions"]), most)
    found = [_run(deployment, entry["executionArn"]) for entry in entries]
    return sorted(found, key=lambda run: run.run_id, reverse=True)


def _run(deployment: Deployment, arn: str) -> Run:
    execution = snapshot(deployment.states, arn)
    layout = RunLayout(deployment.bucket, run_id(arn, execution.started))
    summary = json_object(deployment, layout.summary) or {}
    metrics = json_object(deployment, layout.metrics) or {}
    model, popular = metrics.get("model") or {}, metrics.get("most_popular") or {}
    return Run(
        run_id=layout.run_id,
        execution=arn.rsplit(":", 1)[1],
        status=_status(execution, deployment),
        seconds=(execution.stopped - execution.started).total_seconds() if execution.stopped else None,
        users=summary.get("users"),
        items=summary.get("items"),
        interactions=summary.get("interactions"),
        ndcg=model.get("ndcg@10"),
        most_popular_ndcg=popular.get("ndcg@10"),
    )


def _status(execution: Snapshot, deployment: Deployment) -> str:
    if execution.running:
        return "running"
    status = status_of(execution, failure_of(execution, deployment))
    record = record_of(deployment.table, run_id(execution.arn, execution.started))
    # This includes runs that failed, or were stopped, after publishing.
    gone = "published_at" in record and record["status"] in _GONE
    return str(record["status"]) if gone else status
