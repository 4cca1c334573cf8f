"""The states that an execution went through, and when, from its history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from workflow.failure_cause import document

_ENDED = ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")
_REDRIVEN = "ExecutionRedriven"


@dataclass(frozen=True)
class StateRun:
    """One state that an execution entered: its type, its input, and when it was exited (None: not yet, or by failing).

    ``idle`` is the number of seconds between the execution's failure in this state and its redrive.
    """

    name: str
    kind: str
    given: Mapping[str, Any]
    entered: datetime
    exited: datetime | None = None
    idle: float = 0.0

    def seconds(self, until: datetime | None = None) -> float | None:
        """How long it took, or has taken until ``until``; None if neither end is known."""
        end = self.exited or until
        return None if end is None else (end - self.entered).total_seconds() - self.idle


def states_of(events: Iterable[Mapping[str, Any]]) -> tuple[StateRun, ...]:
    """The states in a history, in order of entry. Its events must be oldest first.

    A redriven state may continue without being entered again, or be entered again; the time between the execution's end
    and its redrive is not counted.
    """
    found: list[StateRun] = []
    ended = resumed = None
    for event in events:
        kind, _, change = event["type"].partition("State")
        if change == "Entered":
            if resumed and found[-1].exited is None:  # the redriven state, entered again
                found[-1] = replace(found[-1], exited=ended)
                resumed = None
            details = event["stateEnteredEventDetails"]
            found.append(StateRun(details["name"], kind, document(details.get("input")), event["timestamp"]))
        elif change == "Exited":
            name = event["stateExitedEventDetails"]["name"]
            place = max(place for place, state in enumerate(found) if state.name == name)
            found[place] = replace(found[place], exited=event["timestamp"])
        elif event["type"] in _ENDED:
            ended = event["timestamp"]
        elif event["type"] == _REDRIVEN:
            resumed = event["timestamp"]
        elif resumed and ended and found:  # the redriven state continues
            pause = (resumed - ended).total_seconds()
            found[-1] = replace(found[-1], idle=found[-1].idle + pause)
            resumed = None
    return tuple(found)


def seconds_by_state(states: Iterable[StateRun], until: datetime | None) -> dict[str, float]:
    """Seconds spent in each state, repeated visits added up, in the order of first entry.

    Args:
        until: the end time for a state that was not exited.
    """
    spent: dict[str, float] = {}
    for state in states:
        seconds = state.seconds(until)
        if seconds is not None:
            spent[state.name] = round(spent.get(state.name, 0) + seconds, 3)
    return spent
