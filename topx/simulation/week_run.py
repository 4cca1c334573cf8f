"""Runs the workflow on one week after another, and collects each week's result."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from contract.run_layout import RunLayout
from topx import input_data, outcome, reports
from topx.deployment import Deployment
from topx.execution import Snapshot
from topx.progress import Row, follow
from topx.run_files import json_object
from topx.simulation.published_lists import Lists, lists_of, overlap
from topx.simulation.week import Week, broken_rules, rivals
from topx.simulation.week_slices import Slice
from workflow.failed_run import FailedRun, run_id
from workflow.failure_cause import error_name, sentence

Watch = Callable[[list[Row]], None]
_REFUSED = {"RequestRefused": "request", "InputRefused": "data", "PublishRefused": "lists"}


class WeekRunner:
    """Runs weeks in order; each is compared with the previous one, and with the current version."""

    def __init__(self, deployment: Deployment, given: str, reports: Path) -> None:
        """Runs on ``deployment``, whose data the first week replaces.

        Args:
            given: the input of each run, JSON.
            reports: the folder for the runs' reports.
        """
        self._deployment = deployment
        self._given = given
        self._reports = reports
        self._begun = False
        self._items: int | None = None  # in the catalogue of the last week whose data was read
        self._previous_lists: Lists | None = None

    def run(self, added: Slice, watch: Watch) -> Week:
        """Upload the week's data, run the workflow to its end and return the result.

        An interrupted run (KeyboardInterrupt) is stopped.

        Args:
            watch: called with each snapshot's rows.
        """
        self._upload(added)
        execution = self._execute(added, watch)
        failure = outcome.failure_of(execution, self._deployment)
        layout = RunLayout(self._deployment.bucket, run_id(execution.arn, execution.started))
        pages = reports.download(self._deployment, layout.run_id, self._reports)
        ended = outcome.outcome_of(execution, failure, self._deployment, pages)
        self._deployment.keep()
        metrics = json_object(self._deployment, layout.metrics)
        popular, champion, not_comparable = rivals(metrics)
        agreed = self._overlap(ended.version)
        week = Week(
            until=added.until,
            rows=added.rows,
            status=ended.status,
            why=self._why(failure, metrics, layout) if failure else None,
            cause=sentence(failure.error, failure.cause) if failure else None,
            run_id=layout.run_id,
            users=ended.users,
            items=ended.items,
            interactions=ended.interactions,
            new_items=ended.items - self._items if ended.items is not None and self._items is not None else None,
            popular=popular,
            champion=champion,
            not_comparable=not_comparable,
            overlap=agreed[0] if agreed else None,
            overlapping=agreed[1] if agreed else None,
            seconds=round((execution.stopped - execution.started).total_seconds(), 1) if execution.stopped else None,
        )
        self._items = ended.items if ended.items is not None else self._items
        self._forget_scratch(layout)
        return week

    def _upload(self, added: Slice) -> None:
        files = input_data.files_of(added.folder)
        if self._begun:
            input_data.add(self._deployment, files)
        else:
            input_data.replace(self._deployment, files)
        self._begun = True

    def _execute(self, added: Slice, watch: Watch) -> Snapshot:
        states = self._deployment.states
        name = f"week-until-{added.until}-{secrets.token_hex(2)}"
        arn = states.start_execution(stateMachineArn=self._deployment.state_machine, name=name, input=self._given)[
            "executionArn"
        ]
        last: Snapshot | None = None
        try:
            for execution, rows in follow(self._deployment, arn):
                watch(rows)
                last = execution
        except KeyboardInterrupt:
            if last and not last.running:  # the execution after publishing cleans up, and ends by itself
                raise
            states.stop_execution(executionArn=arn, error="Cancelled", cause="the simulation was interrupted")
            raise
        return cast(Snapshot, last)  # an execution is polled at least once

    def _why(self, failure: FailedRun, metrics: Any, layout: RunLayout) -> str:
        error = error_name(failure.error, failure.cause)
        if error == "QualityRefused" and metrics:
            return broken_rules(metrics, json_object(self._deployment, layout.plan)["request"]["gate"])
        return _REFUSED.get(error) or (failure.state.name if failure.state else error)

    def _overlap(self, version: str | None) -> tuple[float, int] | None:
        if version is None:
            return None
        before, self._previous_lists = self._previous_lists, lists_of(self._deployment, version)
        return overlap(before, self._previous_lists) if before else None

    def _forget_scratch(self, layout: RunLayout) -> None:
        """On AWS it expires; here, the scratch files of many weeks would fill the disk."""
        s3, bucket = self._deployment.s3, self._deployment.bucket
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=layout.scratch):
            for entry in page.get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=entry["Key"])
