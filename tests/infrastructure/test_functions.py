"""Each Lambda function: its handler, its environment, its own role and log."""

import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

import infra  # noqa: F401 - names the Node that aws_cdk runs on
from infra.functions import ROOMS
from infra.settings import Settings
from infra.stack import TopxStack
from tests.infrastructure.conftest import Synthesis
from tests.infrastructure.template_parts import of_type, render
from workflow.outside_functions import OUTSIDE_FUNCTIONS
from workflow.stages import FUNCTIONS

REPOSITORY = Path(__file__).parents[2]
NAMES = list(FUNCTIONS)


@pytest.fixture(scope="module")
def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each function's properties, by the name of its module."""
    found = [resource["Properties"] for resource in of_type(template, "AWS::Lambda::Function").values()]
    return {properties["Handler"].split(".")[2]: properties for properties in found}


def test_there_is_a_function_for_each_handler_and_no_other(functions: dict[str, dict[str, Any]]) -> None:
    modules = [path.stem for path in (REPOSITORY / "lambdas" / "handlers").glob("*.py")]
    handling = {name for name in modules if hasattr(importlib.import_module(f"lambdas.handlers.{name}"), "handler")}
    assert set(functions) == handling


@pytest.mark.parametrize("name", NAMES)
def test_a_function_runs_its_own_module_on_a_current_python(name: str, functions: dict[str, dict[str, Any]]) -> None:
    assert functions[name]["Handler"] == f"lambdas.handlers.{name}.handler"
    assert functions[name]["Runtime"] == "python3.14"
    assert functions[name]["Architectures"] == ["x86_64"]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_knows_every_variable_that_it_reads(name: str, functions: dict[str, dict[str, Any]]) -> None:
    source = inspect.getsource(importlib.import_module(f"lambdas.handlers.{name}"))
    read = {part.split('"')[1] for part in source.split("os.environ[")[1:]}
    assert read <= set(functions[name]["Environment"]["Variables"])
    assert {"BUCKET", "TABLE"} <= set(functions[name]["Environment"]["Variables"])
    assert functions[name]["Environment"]["Variables"]["STACK"] == {"Ref": "AWS::StackName"}


def test_each_function_has_a_role_and_a_log_of_its_own(functions: dict[str, dict[str, Any]]) -> None:
    roles = {properties["Role"]["Fn::GetAtt"][0] for properties in functions.values()}
    logs = {properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in functions.values()}
    assert len(roles) == len(logs) == len(NAMES)


def test_lambdas_own_lines_are_json_too(functions: dict[str, dict[str, Any]]) -> None:
    assert {properties["LoggingConfig"]["LogFormat"] for properties in functions.values()} == {"JSON"}


def test_every_log_expires(template: dict[str, Any]) -> None:
    groups = of_type(template, "AWS::Logs::LogGroup").values()
    assert len(groups) == len(NAMES) + 2  # plus the state machines'
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {180}


def test_days_of_logs_and_runs_are_the_deployments(tmp_path: Path) -> None:
    app = App(context={"keep_logs_days": 90, "keep_runs_days": 400}, outdir=str(tmp_path), analytics_reporting=False)
    stack = TopxStack(app, Settings.from_context(app.node.try_get_context))
    template = Template.from_stack(stack).to_json()
    groups = of_type(template, "AWS::Logs::LogGroup").values()
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {90}
    variables = [
        function["Properties"]["Environment"]["Variables"]
        for function in of_type(template, "AWS::Lambda::Function").values()
    ]
    for name, days in (("KEEP_RUNS_DAYS", "400"), ("KEEP_LOGS_DAYS", "90")):
        assert [given[name] for given in variables if name in given] == [days]


def test_a_part_may_take_as_long_as_lambda_allows(functions: dict[str, dict[str, Any]]) -> None:
    assert (functions["load_part"]["Timeout"], functions["load_part"]["MemorySize"]) == (900, 2048)


def test_a_function_ends_before_its_state_does(functions: dict[str, dict[str, Any]], template: dict[str, Any]) -> None:
    """Otherwise the state fails without the function's own message, and a retry runs in parallel with the first
    attempt.
    """
    timeouts = {
        state["Parameters"]["FunctionName"]: state["TimeoutSeconds"]
        for machine in of_type(template, "AWS::StepFunctions::StateMachine").values()
        for state in _tasks(json.loads(render(machine["Properties"])))
        if state["Resource"].endswith("lambda:invoke")
    }
    assert len(timeouts) == len(NAMES) - len(OUTSIDE_FUNCTIONS)
    for arn, seconds in timeouts.items():
        name = _snake(arn.split(":")[-1].removesuffix("FunctionArn"))
        assert functions[name]["Timeout"] < seconds, name


def test_the_functions_code_is_what_they_import_without_caches(synthesis: Synthesis) -> None:
    files = json.loads((synthesis.folder / "topx.assets.json").read_text())["files"].values()
    (code,) = (asset["source"] for asset in files if asset["source"]["packaging"] == "zip")
    root = synthesis.folder / code["path"]
    staged = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert staged == {
        path.relative_to(REPOSITORY).as_posix()
        for room in ROOMS
        for path in (REPOSITORY / room).rglob("*.*")
        if path.is_file() and not {"__pycache__", "recordio"} & {*path.parts}
    }


def _tasks(scope: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for state in scope["States"].values():
        if state["Type"] == "Task":
            found.append(state)
        if state["Type"] == "Map":
            found += _tasks(state["ItemProcessor"])
    return found


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
