"""Interprets the deployed definition as far as needed here: the input and output of each state."""

import re
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from topx.home import REPOSITORY

State = dict[str, Any]
"""A state, as decoded from JSON."""

Context = dict[str, Any]
"""The context object of an execution."""

_FILE = REPOSITORY / "infra" / "workflow.asl.yaml"
_CALL = re.compile(r"States\.(\w+)\((.*)\)")
_ARGUMENT = re.compile(r"\s*('[^']*'|\$[\w.$\[\]]*|States\.\w+\((?:[^()]|\([^()]*\))*\)|\d+)\s*(?:,|$)")
_FUNCTION = re.compile(r"\$\{(\w+)FunctionArn\}")
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@cache
def states(file: Path = _FILE) -> dict[str, State]:
    """The states by name, including those after publishing."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {**document["AfterPublishing"]["States"], **document["States"]}


@cache
def first_after_publishing(file: Path = _FILE) -> str:
    """The first state after publishing."""
    return str(yaml.safe_load(file.read_text(encoding="utf-8"))["AfterPublishing"]["StartAt"])


def function_of(state: State) -> str | None:
    """The module of the Lambda that a task invokes, None for another kind of task.

    >>> function_of({"Parameters": {"FunctionName": "${LoadPartFunctionArn}"}})
    'load_part'
    """
    named = _FUNCTION.fullmatch(str(state.get("Parameters", {}).get("FunctionName", "")))
    return _CAPITAL.sub("_", named[1]).lower() if named else None


def given(template: Any, data: Any, context: Context) -> Any:
    """``Parameters``, ``ItemSelector`` or ``ResultSelector`` with paths and intrinsic functions evaluated.

    Args:
        data: the value of ``$``.
        context: the value of ``$$``.
    """
    if isinstance(template, dict):
        return {
            name.removesuffix(".$"): value_of(value, data, context)
            if name.endswith(".$")
            else given(value, data, context)
            for name, value in template.items()
        }
    if isinstance(template, list):
        return [given(value, data, context) for value in template]
    return template


def value_of(expression: str, data: Any, context: Context) -> Any:
    """The value of a reference path or an intrinsic function.

    >>> value_of("States.Format('{}-{}', $.a.b, 'x')", {"a": {"b": 1}}, {})
    '1-x'
    >>> value_of("States.ArrayGetItem(States.StringSplit($.arn, '/'), 1)", {"arn": "a:model/m"}, {})
    'm'
    """
    if call := _CALL.fullmatch(expression):
        return _called(call[1], [value_of(part, data, context) for part in _ARGUMENT.findall(call[2])])
    if expression.startswith("'"):
        return expression[1:-1]
    if expression.isdigit():
        return int(expression)
    root, names = (context, expression[2:]) if expression.startswith("$$") else (data, expression[1:])
    for name in filter(None, names.split(".")):
        root = root[name]
    return root


def _called(function: str, arguments: list[Any]) -> Any:
    if function == "Format":
        return arguments[0].format(*arguments[1:])
    if function == "UUID":
        return str(uuid.uuid4())
    if function == "StringSplit":
        return arguments[0].split(arguments[1])
    if function == "ArrayGetItem":
        return arguments[0][arguments[1]]
    raise NotImplementedError(f"States.{function}: add it here")


def after(state: State, data: Any, result: Any, context: Context) -> Any:
    """The state's output: its result, selected and placed as the definition says."""
    if "ResultSelector" in state:
        result = given(state["ResultSelector"], result, context)
    path = state.get("ResultPath", "$")
    if path is None:
        return data
    if path == "$":
        return result
    return {**data, path.removeprefix("$."): result}


def chosen(state: State, data: Any) -> str:
    """The next state of a Choice."""
    for rule in state["Choices"]:
        value = value_of(rule["Variable"], data, {})
        if ("BooleanEquals" in rule and value == rule["BooleanEquals"]) or (
            "NumericGreaterThan" in rule and value > rule["NumericGreaterThan"]
        ):
            return str(rule["Next"])
    return str(state["Default"])
