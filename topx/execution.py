"""The current state of an execution, from Step Functions."""

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from topx.job_logs import Job
from workflow.failed_job_stages import DETOUR
from workflow.failure_cause import document
from workflow.stages import NOT_STARTED, START_AFTER_PUBLISHING
from workflow.state_timings import StateRun, seconds_by_state, states_of

_JOB_NAME = re.compile(r"(Processing|Training|Transform)JobName\.\$")
# Enough for the events of some states, as between two polls.
_EVENTS_A_LOOK = 25
_BASE = re.compile(r"\$(?:\.\w+)*\.base\b")


@dataclass(frozen=True)
class Snapshot:
    """An execution at one moment. ``status`` is Step Functions' own: RUNNING, SUCCEEDED, FAILED, ...

    If the run has published, ``after`` is the execution after publishing.
    """

    arn: str
    status: str
    started: datetime
    stopped: datetime | None
    states: tuple[StateRun, ...]
    output: Mapping[str, Any]
    children: tuple[int, int] | None = None  # for the map that is running now: finished, total
    after: "Snapshot | None" = None

    @property
    def running(self) -> bool:
        return self.status in ("RUNNING", "PENDING_REDRIVE")

    @property
    def ended_badly(self) -> bool:
        return not self.running and self.status != "SUCCEEDED"

    @property
    def failed_state(self) -> StateRun | None:
        """The state in which the execution failed; for a job that is not retried any more, the job's state."""
        if not self.ended_badly:
            return None
        newest_first = reversed(self.states)
        last = next((state for state in newest_first if state.exited is None), None)
        if last is None or last.name not in DETOUR:
            return last
        return next((state for state in newest_first if state.name not in DETOUR), last)

    @property
    def starts_another(self) -> str | None:
        """The run id, which is the name of the execution that this one has started; None if it has started none."""
        started = next((state for state in self.states if state.name == START_AFTER_PUBLISHING and state.exited), None)
        if started is None or any(state.name == NOT_STARTED for state in self.states):
            return None
        return str(started.given["plan"]["run_id"])

    def seconds(self) -> dict[str, float]:
        """Seconds spent in each state, repeated visits added up, in the order of first entry.

        Those of the states after publishing come last.
        """
        own = seconds_by_state(self.states, self.stopped)
        later = self.after.seconds() if self.after else {}
        return own | {name: round(own.get(name, 0) + spent, 3) for name, spent in later.items()}


@dataclass(frozen=True)
class Workflow:
    """The parts of the deployed definition that are needed to follow an execution."""

    order: tuple[str, ...]  # the states in the definition's order, without those for failed jobs
    work: frozenset[str]  # those that do work (Task, Map)
    # By state, the kind of its job, and the path of the job's base name in the state's input.
    jobs: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, definition: str) -> "Workflow":
        """Read a definition in Amazon States Language (JSON)."""
        states = json.loads(definition)["States"]
        order = tuple(name for name in states if name not in DETOUR)
        # Reporting that something could not be started does not count as work to come.
        work = frozenset(name for name in order if states[name]["Type"] in ("Task", "Map") and name != NOT_STARTED)
        jobs = {}
        for name in work:
            for parameter, value in states[name].get("Parameters", {}).items():
                kind = _JOB_NAME.fullmatch(parameter)
                base = _BASE.search(value) if kind else None
                if kind and base:
                    jobs[name] = kind[1], base[0]
        return cls(order, work, jobs)

    def work_after(self, entered: Iterable[str]) -> list[str]:
        """The states with work after the furthest one of ``entered``; the run does not return to earlier ones."""
        furthest = max((self.order.index(name) for name in entered), default=-1)
        return [name for name in self.order[furthest + 1 :] if name in self.work]

    def job(self, state: StateRun) -> Job | None:
        """This state's SageMaker job; None if it has none."""
        if state.name not in self.jobs:
            return None
        kind, path = self.jobs[state.name]
        base = value_at(state.given, path)
        return Job(kind, base) if base else None


def value_at(value: Any, path: str) -> Any:
    """The value at a plain reference path such as ``$.plan.fm.base``, or None.

    >>> value_at({"plan": {"fm": {"base": "fm-1"}}}, "$.plan.fm.base")
    'fm-1'
    """
    for name in path.split(".")[1:]:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


class History:
    """The events of one execution. Each call reads only new ones: all of them are half a megabyte."""

    def __init__(self, states: Any, arn: str) -> None:
        self._asked = states.get_paginator("get_execution_history")
        self._arn = arn
        self._events: list[Mapping[str, Any]] = []

    def events(self) -> Sequence[Mapping[str, Any]]:
        """All events so far, oldest first."""
        newest = self._events[-1]["id"] if self._events else 0
        # Newest first, and few at a time when few can be new.
        most = _EVENTS_A_LOOK if self._events else 1000
        pages = self._asked.paginate(executionArn=self._arn, reverseOrder=True, maxResults=most)
        found = itertools.takewhile(lambda event: event["id"] > newest, (e for page in pages for e in page["events"]))
        self._events += reversed(list(found))
        return self._events


def snapshot(states: Any, arn: str, history: History | None = None) -> Snapshot:
    """Read the execution ``arn`` with the Step Functions client ``states``; ``history`` caches its events."""
    # The description first: a history read afterwards is at least as new, so an ended execution is seen completely.
    described = states.describe_execution(executionArn=arn)
    entered = states_of((history or History(states, arn)).events())
    children = None
    if described["status"] == "RUNNING" and entered and entered[-1].kind == "Map" and not entered[-1].exited:
        children = _children(states, arn)
    return Snapshot(
        arn=arn,
        status=described["status"],
        started=described["startDate"],
        stopped=described.get("stopDate"),
        states=entered,
        output=document(described.get("output")),
        children=children,
    )


def _children(states: Any, arn: str) -> tuple[int, int] | None:
    runs = states.list_map_runs(executionArn=arn)["mapRuns"]
    if not runs:
        return None
    newest = max(runs, key=lambda run: run["startDate"])
    counts = states.describe_map_run(mapRunArn=newest["mapRunArn"])["itemCounts"]
    return counts["succeeded"], counts["total"]
