"""What a state passes to its function matches the function's Event, and the fields it uses of the result exist.

By name only: a value is a path, whose type is known only in a run.
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any, is_typeddict

import pytest

from infra.workflow import after_publishing, definition
from tests.infrastructure.definition_checks.scopes import Scope, State, scopes, states
from tests.infrastructure.definition_checks.stage_table import stages_of
from workflow.stage import Function

FROM_ANSWER = re.compile(r"\$\.Payload\.(\w+)")


def called_by(machine: Scope) -> dict[str, str]:
    """The function of each state that invokes one."""
    every = [inner for stage in stages_of(machine) for inner in stage.with_inner()]
    return {stage.name: stage.does.name for stage in every if isinstance(stage.does, Function)}


def payload_of(machine: Scope, name: str) -> dict[str, Any]:
    """What a state passes; a state inside a Map passes on what the Map has selected."""
    given = states(machine)[name]["Parameters"]
    if "Payload" in given:
        return dict(given["Payload"])
    assert given["Payload.$"] == "$"
    every = (state for scope in scopes(machine) for state in scope["States"].values())
    (around,) = (state for state in every if name in state.get("ItemProcessor", {}).get("States", {}))
    return dict(around["ItemSelector"])


def faults(declared: Any, passed: dict[str, Any], place: str = "") -> Iterator[str]:
    """All differences between a type and a payload, including inner objects."""
    values = {name.removesuffix(".$"): value for name, value in passed.items()}
    fields = declared.__annotations__ if is_typeddict(declared) else {}
    required = declared.__required_keys__ if is_typeddict(declared) else set()
    yield from (f"{place}{name} is passed and not declared" for name in values if name not in fields)
    yield from (f"{place}{name} is declared and not passed" for name in sorted(required - values.keys()))
    for name, value in values.items():
        if name in fields and isinstance(value, dict):
            yield from faults(fields[name], value, f"{place}{name}.")


def annotations(function: str) -> dict[str, Any]:
    """The annotations of a handler's parameters and result."""
    handler: Any = importlib.import_module(f"lambdas.handlers.{function}").handler
    return dict(handler.__annotations__)


CALLS = [
    pytest.param(machine, name, function, id=name)
    for machine in (definition(), after_publishing())
    for name, function in called_by(machine).items()
]


@pytest.mark.parametrize(("machine", "name", "function"), CALLS)
def test_a_state_passes_what_its_function_declares(machine: Scope, name: str, function: str) -> None:
    event = next(iter(annotations(function).values()))
    assert list(faults(event, payload_of(machine, name))) == []


@pytest.mark.parametrize(("machine", "name", "function"), CALLS)
def test_a_state_takes_of_the_answer_what_its_function_returns(machine: Scope, name: str, function: str) -> None:
    state: State = states(machine)[name]
    taken = FROM_ANSWER.findall(str(state.get("ResultSelector", {})))
    returned = annotations(function)["return"]
    assert set(taken) <= set(returned.__annotations__ if is_typeddict(returned) else ())
