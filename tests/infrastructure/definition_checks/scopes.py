"""Walks a definition: its scopes (the machine, and the one inside each Map) and their states."""

from collections.abc import Iterator
from typing import Any

Scope = dict[str, Any]
State = dict[str, Any]


def scopes(scope: Scope) -> Iterator[Scope]:
    """The definition, and the one inside each Map."""
    yield scope
    for state in scope["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


def states(definition: Scope) -> dict[str, State]:
    """Every state by name, including those inside Maps."""
    return {name: state for scope in scopes(definition) for name, state in scope["States"].items()}


def tasks(definition: Scope) -> dict[str, State]:
    """Every state that makes a call, by name."""
    return {name: state for name, state in states(definition).items() if state["Type"] == "Task"}


def successors(state: State) -> list[str]:
    """The names of the possible next states."""
    return normal_successors(state) + [catcher["Next"] for catcher in state.get("Catch", [])]


def normal_successors(state: State) -> list[str]:
    """The names of the possible next states if nothing fails."""
    following = [choice["Next"] for choice in state.get("Choices", [])]
    return following + [state[key] for key in ("Next", "Default") if key in state]
