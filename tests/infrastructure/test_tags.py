"""Costs can be separated by tags: of the stack, and of what its runs create in SageMaker."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.isolation import interpreter, run_bare
from tests.infrastructure.template_parts import of_type, render
from tests.infrastructure.test_definition import sagemaker_states
from tests.unit.lambdas import sagemaker_requests

TAGS = {"cost center": "42", "größe": "a/b"}


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``app.py`` writes for a stack of another name, with tags."""
    folder = tmp_path_factory.mktemp("tagged")
    context = {"stack_name": "shop", "tags": json.dumps(TAGS)}
    environment = {"CDK_OUTDIR": str(folder / "cdk.out"), "CDK_CONTEXT_JSON": json.dumps(context)}
    finished = run_bare([interpreter(), "app.py"], folder, environment=environment)
    assert finished.returncode == 0, finished.stderr
    return folder / "cdk.out"


def made(template: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Name, operation and parameters of every state that creates a job or a model, as deployed."""
    definitions = [
        json.loads(render(machine["Properties"]))
        for machine in of_type(template, "AWS::StepFunctions::StateMachine").values()
    ]
    found = [state for definition in definitions for state in sagemaker_states(definition)]
    return [state for state in found if state[1].startswith("Create")]


def test_the_stack_bears_the_tags_and_its_name(tagged: Path) -> None:
    stack = json.loads((tagged / "manifest.json").read_text())["artifacts"]["shop"]
    assert stack["properties"]["tags"] == {"topx:stack": "shop", **TAGS}


def test_every_job_and_model_bears_the_same_tags(tagged: Path) -> None:
    template = json.loads((tagged / "shop.template.json").read_text())
    for machine in of_type(template, "AWS::StepFunctions::StateMachine").values():
        assert machine["Properties"]["DefinitionSubstitutions"]["StackName"] == {"Ref": "AWS::StackName"}
    states = made(template)
    assert len(states) == 9
    for name, operation, parameters in states:
        tags = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
        assert set(tags) == {"topx:stack", *TAGS}, name
        assert TAGS.items() <= tags.items(), name
        assert len(tags) == len(parameters["Tags"]), name
        shape = sagemaker_requests.MODEL.operation_model(operation).input_shape
        assert shape.members["Tags"].member.members.keys() == {"Key", "Value"}


def test_without_the_setting_the_stacks_own_tag_alone(template: dict[str, Any]) -> None:
    for name, _, parameters in made(template):
        assert [tag["Key"] for tag in parameters["Tags"]] == ["topx:stack"], name
