"""The state machine's definition: what linters see, and what none of them does."""

import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from statelint.config import Config
from statelint.linter import Linter

from infra.workflow import FUNCTION_PLACEHOLDERS
from infra.workflow import definition as written_definition
from tests.infrastructure.conftest import of_type

# The States Language knows only MaxItems here; AWS wants InputType for an item reader of s3:getObject ("ItemReader",
# Step Functions developer guide). Nothing else that statelint finds is let through.
ONLY_ON_AWS = {
    'Field "InputType" not allowed in State Machine.States.Load recommendations.ItemReader.ReaderConfig',
    'Field "InputType" not allowed in State Machine.States.Retire old versions.ItemReader.ReaderConfig',
}
SAGEMAKER = re.compile(r"arn:aws:states:::(?:aws-sdk:)?sagemaker:(?P<action>\w+?)(?P<sync>\.sync)?")

Scope = dict[str, Any]


def scopes(scope: Scope) -> Iterator[Scope]:
    """The definition, and each Map's inside it."""
    yield scope
    for state in scope["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


def states(definition: Scope) -> dict[str, dict[str, Any]]:
    """Every state by name, those inside Maps too."""
    return {name: state for scope in scopes(definition) for name, state in scope["States"].items()}


def successors(state: dict[str, Any]) -> list[str]:
    following = [choice["Next"] for choice in state.get("Choices", [])]
    following += [catcher["Next"] for catcher in state.get("Catch", [])]
    return following + [state[key] for key in ("Next", "Default") if key in state]


def test_statelint_finds_nothing_but_what_only_aws_knows(definition: Scope) -> None:
    assert set(map(str, Linter.validate(json.dumps(definition), Config()))) == ONLY_ON_AWS


def test_the_template_carries_the_file_and_fills_in_every_placeholder(template: dict[str, Any]) -> None:
    (machine,) = of_type(template, "AWS::StepFunctions::StateMachine").values()
    text = machine["Properties"]["DefinitionString"]
    assert json.loads(text) == written_definition()
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(machine["Properties"]["DefinitionSubstitutions"])


def test_each_placeholder_stands_for_the_function_of_its_name(template: dict[str, Any]) -> None:
    (machine,) = of_type(template, "AWS::StepFunctions::StateMachine").values()
    functions = of_type(template, "AWS::Lambda::Function")
    substitutions = machine["Properties"]["DefinitionSubstitutions"]
    for name, placeholder in FUNCTION_PLACEHOLDERS.items():
        resource, attribute = substitutions[placeholder]["Fn::GetAtt"]
        assert attribute == "Arn"
        assert functions[resource]["Properties"]["Handler"] == f"lambdas.{name}.handler"


def test_every_transition_leads_to_a_state_and_every_state_is_reached(definition: Scope) -> None:
    for scope in scopes(definition):
        reached, ahead = set[str](), [scope["StartAt"]]
        while ahead:
            name = ahead.pop()
            assert name in scope["States"], name
            if name not in reached:
                reached.add(name)
                ahead += successors(scope["States"][name])
        assert reached == set(scope["States"])


def test_every_choice_has_a_default(definition: Scope) -> None:
    assert all("Default" in state for state in states(definition).values() if state["Type"] == "Choice")


def test_every_state_says_what_it_is_for(definition: Scope) -> None:
    assert [name for name, state in states(definition).items() if not state.get("Comment")] == []


def test_every_task_ends_in_time_and_is_retried(definition: Scope) -> None:
    tasks = {name: state for name, state in states(definition).items() if state["Type"] == "Task"}
    assert len(tasks) >= 14
    assert [name for name, task in tasks.items() if not task.get("TimeoutSeconds") or not task.get("Retry")] == []
    assert definition["TimeoutSeconds"] >= max(task["TimeoutSeconds"] for task in tasks.values())


def test_nothing_is_caught_so_that_a_failed_run_is_red_and_can_be_redriven(definition: Scope) -> None:
    assert [name for name, state in states(definition).items() if "Catch" in state] == []


def test_a_timed_out_task_is_not_repeated_and_the_general_error_comes_last(definition: Scope) -> None:
    """States.TaskFailed matches every error but States.Timeout, so a retrier behind it would never be asked."""
    for name, state in states(definition).items():
        errors = [error for retrier in state.get("Retry", []) for error in retrier["ErrorEquals"]]
        assert not {"States.ALL", "States.Timeout"} & set(errors), name
        assert "States.TaskFailed" not in errors[:-1], name


def sagemaker_states() -> list[tuple[str, str, dict[str, Any]]]:
    """Name, operation and parameters of each state that calls SageMaker."""
    found = []
    for name, state in states(written_definition()).items():
        match = SAGEMAKER.fullmatch(state.get("Resource", "").replace("${Partition}", "aws"))
        if match:
            found.append((name, match["action"][0].upper() + match["action"][1:], state["Parameters"]))
    return found


@pytest.mark.parametrize(("name", "operation", "parameters"), sagemaker_states(), ids=lambda value: str(value)[:40])
def test_every_parameter_is_a_member_of_the_requests_shape(
    name: str, operation: str, parameters: dict[str, Any]
) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model(operation).input_shape
    given = {key.removesuffix(".$") for key in parameters}
    assert given <= set(shape.members), name
    assert set(shape.required_members) <= given, name
    _assert_members(shape, parameters)


def _assert_members(shape: Any, value: Any) -> None:
    """Every key that is written out, at any depth, is a member of the shape at that place."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for key, inner in value.items():
            assert key.removesuffix(".$") in shape.members, f"{shape.name}.{key}"
            if not key.endswith(".$"):
                _assert_members(shape.members[key], inner)
    if shape.type_name == "list" and isinstance(value, list):
        for inner in value:
            _assert_members(shape.member, inner)


def test_all_kinds_of_jobs_are_there() -> None:
    assert [operation for _, operation, _ in sagemaker_states()] == [
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateModel",
        "CreateTransformJob",
        "DeleteModel",
    ]


def test_every_job_and_model_has_a_name_that_was_never_used() -> None:
    for name, operation, parameters in sagemaker_states():
        if operation != "DeleteModel":
            (named,) = (value for key, value in parameters.items() if key.endswith("Name.$") and "Format" in value)
            assert re.fullmatch(r"States\.Format\('\{\}-\{\}', \$\.plan\.\w+\.base, States\.UUID\(\)\)", named), name


def test_no_training_job_or_model_reaches_the_network() -> None:
    for name, operation, parameters in sagemaker_states():
        if operation in {"CreateTrainingJob", "CreateModel"}:
            assert parameters["EnableNetworkIsolation"] is True, name
