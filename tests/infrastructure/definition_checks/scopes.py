"""Walking a definition: its scopes (the machine, and each Map's inside it) and their states."""

from collections.abc import Iterator
from typing import Any

Scope = dict[str, Any]
State = dict[str, Any]


def scopes(scope: Scope) -> Iterator[Scope]:
    """The definition, and each Map's inside it."""
    yield scope
    for state in scope["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


def states(definition: Scope) -> dict[str, State]:
    """Every state by name, those inside Maps too."""
    return {name: state for scope in scopes(definition) for name, state in scope["States"].items()}


def tasks(definition: Scope) -> dict[str, State]:
    """Every state that calls something, by name."""
    return {name: state for name, state in states(definition).items() if state["Type"] == "Task"}


def successors(state: State) -> list[str]:
    """The names of the states that may follow."""
    return normal_successors(state) + [catcher["Next"] for catcher in state.get("Catch", [])]


def normal_successors(state: State) -> list[str]:
    """The names of the states that may follow if nothing fails."""
    following = [choice["Next"] for choice in state.get("Choices", [])]
    return following + [state[key] for key in ("Next", "Default") if key in state]
