"""Edits of the definition's states, to plant mistakes."""

from collections.abc import Callable
from typing import Any

States = dict[str, Any]


def put(state: str, *path: str, value: object) -> Callable[[States], object]:
    """Set a field of a state."""

    def plant(states: States) -> None:
        place = states[state]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return plant


def drop(state: str, *path: str) -> Callable[[States], object]:
    """Remove a field of a state."""

    def plant(states: States) -> None:
        place = states[state]
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return plant


def rename(state: str, old: str, new: str) -> Callable[[States], object]:
    """Change the name of a parameter."""

    def plant(states: States) -> None:
        parameters = states[state]["Parameters"]
        parameters[new] = parameters.pop(old)

    return plant


def swap(one: str, other: str) -> Callable[[States], object]:
    """Let two states invoke each other's function."""

    def plant(states: States) -> None:
        first, second = states[one]["Parameters"], states[other]["Parameters"]
        first["FunctionName"], second["FunctionName"] = second["FunctionName"], first["FunctionName"]

    return plant
