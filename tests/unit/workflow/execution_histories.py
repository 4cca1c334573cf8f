"""Histories as Step Functions writes them, by "HistoryEvent" in its API reference: every event of a task or a map."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 23, 3, tzinfo=UTC)
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:topx"
EXECUTION = "arn:aws:states:eu-west-1:111122223333:execution:topx:monday"
MAP_RUN = "arn:aws:states:eu-west-1:111122223333:mapRun:topx/Load:8d3c2b1a-0000-4000-8000-000000000000"
CHILD = "arn:aws:states:eu-west-1:111122223333:execution:topx/Load:0d3c2b1a-0000-4000-8000-00000000000"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:topx-PlanTraining"
LAMBDA = {"resourceType": "lambda", "resource": "invoke"}
TRAINING = {"resourceType": "sagemaker", "resource": "createTrainingJob.sync"}


class History:
    """Appends events, each with its id, its predecessor and a time one second later."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._waited = 0.0
        self.add("ExecutionStarted", input="{}", roleArn="arn:aws:iam::111122223333:role/topx")

    def add(self, kind: str, under: str = "", **details: Any) -> "History":
        """One event; its details are under the API's key for its type, or under ``under``."""
        number = len(self.events) + 1
        event = {
            "timestamp": START + timedelta(seconds=number + self._waited),
            "type": kind,
            "id": number,
            "previousEventId": number - 1,
        }
        if details:
            event[under or f"{kind[0].lower()}{kind[1:]}EventDetails"] = details
        self.events.append(event)
        return self

    def wait(self, seconds: float) -> "History":
        """Time in which nothing happens."""
        self._waited += seconds
        return self

    def enter(self, name: str, kind: str = "Task") -> "History":
        return self.add(f"{kind}StateEntered", "stateEnteredEventDetails", name=name, input="{}")

    def leave(self, name: str, kind: str = "Task") -> "History":
        return self.add(f"{kind}StateExited", "stateExitedEventDetails", name=name, output="{}")

    def schedule(self, of: dict[str, str], **parameters: Any) -> "History":
        """A task's attempt, up to where it waits for the end."""
        self.add("TaskScheduled", **of, region="eu-west-1", parameters=json.dumps(parameters))
        self.add("TaskStarted", **of)
        return self.add("TaskSubmitted", **of, output="{}") if of["resource"].endswith(".sync") else self

    def task(self, name: str) -> "History":
        """A state that succeeded."""
        self.enter(name).schedule(LAMBDA, FunctionName=FUNCTION)
        return self.add("TaskSucceeded", **LAMBDA, output="{}").leave(name)

    @property
    def newest_first(self) -> list[dict[str, Any]]:
        return self.events[::-1]


def planned() -> History:
    """The beginning of every run."""
    return History().task("Plan the run").enter("Dry run?", "Choice").leave("Dry run?", "Choice")
