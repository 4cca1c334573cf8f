"""A deployment in memory with two kept versions, a running run and a failed one, and hostile names."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from contract.recommendation_table import user_item, user_key, version_key
from contract.run_layout import RunLayout, run_id_of
from tests.unit.containers.extract.world import World
from tests.unit.topx.stored_world import StoredWorld, described, stored_world
from topx.home import REPOSITORY

MACHINE = "arn:aws:states:eu-west-1:1:stateMachine:topx"
START = datetime(2026, 11, 23, 3, 0, 0, 120_000, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'&\x1b]0;x\x07\u202e{{7*7}}"
REPORT = b"<!DOCTYPE html><title>Report</title><script>document.title = 'taken'</script><p>a report</p>"


def arn(name: str) -> str:
    return f"arn:aws:states:eu-west-1:1:execution:topx:{name}"


RUNNING, FAILED = arn("tuesday"), arn("wednesday")
# Of the day before; the stored world is this version.
OLDER = "20261116t030000120-a9711f"


class States:
    """The part of Step Functions that topx uses."""

    def __init__(self) -> None:
        definition = yaml.safe_load((REPOSITORY / "infra" / "workflow.asl.yaml").read_text(encoding="utf-8"))
        self._definition = json.dumps(definition, default=str)
        self._status = {RUNNING: "RUNNING", FAILED: "ABORTED"}

    def describe_state_machine_for_execution(self, executionArn: str) -> dict[str, Any]:
        return {"definition": self._definition}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        stopped = {} if executionArn == RUNNING else {"stopDate": START + timedelta(seconds=90)}
        return {"status": self._status[executionArn], "startDate": START, **stopped}

    def get_paginator(self, operation: str) -> "Pages":
        if operation == "list_executions":
            runs = [{"executionArn": one, "name": one.rsplit(":", 1)[1], "startDate": START} for one in self._status]
            return Pages([{"executions": runs}])
        state = {"name": "Plan the run", "input": "{}"}
        job = {"name": "Prepare training data", "input": json.dumps({"plan": {"prepare": {"base": HOSTILE}}})}
        events = [
            {
                "id": 3,
                "type": "TaskStateEntered",
                "timestamp": START + timedelta(seconds=2),
                "stateEnteredEventDetails": job,
            },
            {
                "id": 2,
                "type": "TaskStateExited",
                "timestamp": START + timedelta(seconds=2),
                "stateExitedEventDetails": {"name": "Plan the run", "output": "{}"},
            },
            {"id": 1, "type": "TaskStateEntered", "timestamp": START, "stateEnteredEventDetails": state},
        ]
        return Pages([{"events": events}])


class Pages:
    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self._pages = pages

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return self._pages


def stack(folder: Path) -> StoredWorld:
    """All of it, as a deployment on this machine."""
    titles = [f"Film {HOSTILE} {item}" if item % 2 else None for item in range(30)]
    world = World.random(40, 30, titles=titles, request={"history_rank": 12, "refit": False})
    found = stored_world(folder, described(world), popularity=0.5, history_weight=0.25)
    made, version = found.deployment, found.version
    for one, status in ((version, "published"), (OLDER, "published"), ("20261109t030000120-a9711f", "retired")):
        record = {**version_key(one), "status": status, "published_at": "2026-11-23T03:10:00.000Z"}
        made.table.items[record["pk"], one] = record
    own = made.table.get_item(user_key(world.user_id(3), version))["Item"]
    items = [*own["items"][1:], HOSTILE]
    older = user_item(world.user_id(3), OLDER, items, [float(len(items) - n) for n in range(len(items))])
    made.table.items[older["pk"], OLDER] = older
    made.table.items[f"user#{HOSTILE}", version] = user_item(HOSTILE, version, [HOSTILE], [1.0])
    layout = RunLayout("bucket", run_id_of(FAILED, START.isoformat()))
    made.s3.objects[layout.report] = REPORT
    lines = [json.dumps({"item": HOSTILE, "title": HOSTILE})]
    made.s3.objects[RunLayout("bucket", OLDER).item_titles] = gzip.compress("\n".join(lines).encode())
    made.states, made.state_machine, made.stack = States(), MACHINE, None
    made.after_publishing = MACHINE
    made.logs = SimpleNamespace(text=lambda _job: "")
    made.command = lambda *words: " ".join(["topx", *words])
    return replace(found, deployment=made)
