"""One of several concurrent executions: its Lambdas are invoked like in Step Functions, with the definition's own
retries.
"""

import importlib
import random
from dataclasses import dataclass, field
from typing import Any

from contract.refusal import Refused
from faults.definition import State
from faults.stages import Run, RunEnded
from faults.turns import Killed, Task, Turns

# The error that Step Functions reports for a Lambda whose process ended. Source: "Error names", Step Functions
# developer guide.
_ENDED = ("Lambda.Unknown", "Runtime.ExitError")
_SERVICE = ("Lambda.ServiceException", "Lambda.SdkClientException", "Lambda.AWSLambdaException")
_TOO_LATE = "Sandbox.Timedout"
_LAMBDA_SECONDS = {"load_part": 900, "retire_part": 900}


@dataclass
class Calls:
    """How often an invocation itself fails, and how often an event is delivered twice."""

    turns: Turns
    chance: random.Random
    lost: float = 0.0  # before the function began, or after its end
    twice: float = 0.0
    number: int = 0
    started: list[Task] = field(default_factory=list)


@dataclass
class Context:
    """The context object of a function's invocation."""

    turns: Turns
    ends: float
    aws_request_id: str = "faults"

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self.ends - self.turns.now))


@dataclass(eq=False)
class Execution(Run):
    """A run from loading its lists to its end."""

    calls: Calls = field(kw_only=True)
    status: str = "RUNNING"
    ended: RunEnded | None = None
    redriven: int = 0
    _over: dict[str, set[int]] = field(default_factory=dict)  # the children of a map that have succeeded

    @property
    def run_id(self) -> str:
        return str(self.data["plan"]["run_id"])

    def go(self) -> None:
        """Run, starting with the failed state if it has run before."""
        self.status, self.ended = "RUNNING", None
        try:
            self.walk(self.at or "Load recommendations")
        except RunEnded as ended:
            self.status, self.ended = "FAILED", ended
        else:
            self.status = "SUCCEEDED"

    def _map(self, name: str, state: State) -> None:
        (inner,) = state["ItemProcessor"]["States"].values()
        over = self._over.setdefault(name, set())
        turns = self.calls.turns
        children: dict[int, Task] = {}
        for number, given in enumerate(self.items(state)):
            if number not in over:
                work = _Child(self, name, inner, given)
                children[number] = turns.start(f"{self.name} {name} {number}", work)
        turns.wait_for(*children.values())
        over |= {number for number, child in children.items() if child.error is None}
        for child in children.values():
            if child.error is not None:
                raise child.error

    def pass_by(self) -> Any:
        """A state that takes time, in which others continue: rendering a page takes a minute or two."""
        self.calls.turns.give_way(seconds=self.calls.chance.choice((0.0, 1.0, 20.0)))
        return super().pass_by()

    def call(self, name: str, state: State, function: str, payload: Any) -> Any:
        """Invoke a Lambda until it succeeds or the state's retries are used up.

        Raises:
            RunEnded: with the last error.
        """
        used: dict[int, int] = {}
        while True:
            try:
                return self._invoke(function, payload)
            except RunEnded as ended:
                seconds = _retry(state.get("Retry", []), ended.error, used)
                if seconds is None:
                    raise RunEnded(name, ended.error, ended.cause) from None
                self.calls.turns.give_way(seconds=self.calls.chance.uniform(0, seconds))

    def _invoke(self, function: str, payload: Any) -> Any:
        calls = self.calls
        if calls.chance.random() < calls.lost:
            raise RunEnded("", calls.chance.choice(_SERVICE), "not invoked")
        if calls.chance.random() < calls.twice:
            start(calls, function, payload, after=calls.chance.choice((0.0, 0.1, 2.0, 30.0, 300.0)))
        task = start(calls, function, payload)
        calls.turns.wait_for(task)
        if calls.chance.random() < calls.lost:
            raise RunEnded("", calls.chance.choice(_SERVICE), "the answer was lost")
        if isinstance(task.error, Killed):
            raise RunEnded(
                "", _TOO_LATE if str(task.error) == "late" else calls.chance.choice(_ENDED), "the process has ended"
            )
        if task.error is not None:
            raise RunEnded("", type(task.error).__name__, str(task.error)) from task.error
        return task.result


@dataclass
class _Child:
    execution: Execution
    name: str
    state: State
    given: Any

    def __call__(self) -> Any:
        return self.execution._task(self.name, self.state, self.given)


def start(calls: Calls, function: str, payload: Any, *, after: float = 0.0) -> Task:
    """One invocation, which begins ``after`` this many seconds; its name is unique in the schedule."""
    calls.number += 1

    def work() -> Any:
        if after:
            calls.turns.give_way(seconds=after)
        ends = task.ends = calls.turns.now + _LAMBDA_SECONDS.get(function, 540)
        return importlib.import_module(f"lambdas.handlers.{function}").handler(payload, Context(calls.turns, ends))

    task = calls.turns.start(f"{function} {calls.number}", work)
    calls.started.append(task)
    return task


def is_refusal(ended: RunEnded) -> bool:
    """Whether it is a refusal."""
    return ended.error in {refusal.__name__ for refusal in Refused.__subclasses__()}


def _retry(retriers: list[dict[str, Any]], error: str, used: dict[int, int]) -> float | None:
    """The wait before the next attempt; None if there is none."""
    for number, retrier in enumerate(retriers):
        names = retrier["ErrorEquals"]
        if error in names or "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout"):
            count = used.get(number, 0)
            if count >= retrier.get("MaxAttempts", 3):
                return None
            used[number] = count + 1
            seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** count
            return float(min(seconds, retrier.get("MaxDelaySeconds", seconds)))
    return None
