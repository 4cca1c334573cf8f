"""The diagram matches the definition, and its data matches the requests and the roles' permissions."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from contract.run_layout import RUN_ID
from infra.print_docs import COMMAND
from infra.workflow import after_publishing, definition
from infra.workflow_drawing import drawing, readme_drawing, reads, writes
from tests.infrastructure.definition_checks.paths import fill
from tests.infrastructure.definition_checks.placeholders import rendered
from tests.infrastructure.definition_checks.rehearsal import CONTEXT, Rehearsal
from tests.infrastructure.role_statements import of_function, statements_of
from topx.home import REPOSITORY
from workflow.stages import EVERY_STAGE, FUNCTIONS

RUN, AFTER = definition(), after_publishing()
DRAWINGS = {
    name: (REPOSITORY / "docs" / f"{name}.svg").read_text(encoding="utf-8") for name in ("workflow", "after_publishing")
}
WORKING = {
    name: state for name, state in {**RUN["States"], **AFTER["States"]}.items() if state["Type"] in ("Task", "Map")
}
BY_NAME = {stage.name: stage for stage in EVERY_STAGE}
READING = {"dynamodb:GetItem", "dynamodb:Query"}
WRITING = {"dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}


@dataclass
class Recorded(Rehearsal):
    """A rehearsal that records each state's parameters, and returns an artifact if one was requested."""

    parameters: dict[str, Any] = field(default_factory=dict)

    def _task(self, name: str, state: dict[str, Any], document: Any, context: dict[str, Any]) -> Any:
        self.parameters[name] = asked = fill(state.get("Parameters", {}), document, context)
        result = super()._task(name, state, document, context)
        if "OutputDataConfig" in asked:
            folder = asked["OutputDataConfig"]["S3OutputPath"]
            return {**result, "ModelArtifacts": {"S3ModelArtifacts": f"{folder}/job/output/model.tar.gz"}}
        return result

    def _map(self, name: str, state: dict[str, Any], document: Any, context: dict[str, Any]) -> Any:
        self.parameters[name] = fill(state["ItemReader"]["Parameters"], document, context)
        return super()._map(name, state, document, context)


@pytest.fixture(scope="module")
def parameters() -> dict[str, Any]:
    """The parameters of each working state of a run with every input."""
    recorded = Recorded("largest", 2, rendered(AFTER))
    recorded.run(rendered(RUN), RUN["StartAt"], {}, CONTEXT, ())
    assert recorded.findings == []
    return recorded.parameters


def named(value: Any, writing: bool, under_output: bool = False) -> set[str]:
    """The S3 URIs of a request's outputs, or of its inputs, as keys of any run."""
    if isinstance(value, dict):
        return {key for name, part in value.items() for key in named(part, writing, under_output or "Output" in name)}
    if isinstance(value, list):
        return {key for part in value for key in named(part, writing, under_output)}
    if isinstance(value, str) and value.startswith("s3://") and writing == under_output:
        return {RUN_ID.sub("*", value.split("/", 3)[3])}
    return set()


def covered(keys: set[str], others: set[str]) -> set[str]:
    """The keys that are under one of the others, or above one."""
    return {key for key in keys if any(key.startswith(other) or other.startswith(key) for other in others)}


@pytest.mark.parametrize(("name", "defined"), [("workflow", RUN), ("after_publishing", AFTER)])
def test_the_drawing_is_printed_from_the_definition(name: str, defined: dict[str, Any]) -> None:
    assert drawing(defined) == DRAWINGS[name], COMMAND


def test_the_readmes_drawing_is_printed_from_the_definition() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{readme_drawing(RUN, AFTER)}\n```\n" in readme, COMMAND


@pytest.mark.parametrize("name", [name for name, state in WORKING.items() if ":sagemaker:create" in str(state)])
def test_a_jobs_data_is_what_its_request_names(name: str, parameters: dict[str, Any]) -> None:
    for drawn, writing in ((set(reads(BY_NAME[name])), False), (set(writes(BY_NAME[name])), True)):
        asked = named(parameters[name], writing)
        assert covered(drawn, asked) == drawn
        assert covered(asked, drawn) == asked


def states_by_function() -> dict[str, list[str]]:
    """The states that invoke each function."""
    found: dict[str, list[str]] = {}
    for name, state in WORKING.items():
        if "lambda:invoke" in str(state):
            (placeholder,) = re.findall(r"\{(\w+)FunctionArn\}", str(state))
            found.setdefault(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", placeholder).lower(), []).append(name)
    return found


@pytest.mark.parametrize(("function", "states"), states_by_function().items())
def test_a_functions_data_is_what_its_role_allows(
    function: str,
    states: list[str],
    parameters: dict[str, Any],
    template: dict[str, Any],
    registering: dict[str, Any],
) -> None:
    deployed = registering if FUNCTIONS[function].only_with else template
    allowed = of_function(function, statements_of(deployed), deployed)

    def keys(action: str) -> set[str]:
        return {resource.split("/", 1)[1] for own in allowed if action in own.actions for resource in own.resources}

    read = keys("s3:GetObject")
    read |= {RUN_ID.sub("*", parameters[name]["Key"]) for name in states if WORKING[name]["Type"] == "Map"}
    actions = {action for own in allowed for action in own.actions}
    drawn_read = {line for name in states for line in reads(BY_NAME[name])}
    drawn_written = {line for name in states for line in writes(BY_NAME[name])}
    assert {key + "*" * key.endswith("/") for key in drawn_read if "/" in key} == read
    assert {key + "*" * key.endswith("/") for key in drawn_written if "/" in key} == keys("s3:PutObject")
    assert any("/" not in line for line in drawn_read) == bool(actions & READING)
    assert any("/" not in line for line in drawn_written) == bool(actions & WRITING)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_text_is_readable_on_light_and_on_dark(name: str) -> None:
    blocks = re.findall(r"svg \{(.*?)\}", DRAWINGS[name], re.S)
    schemes = [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in blocks]
    assert len(schemes) == 2
    for scheme in schemes:
        pairs = [(text, "paper") for text in ("ink", "quiet", "data", "table")]
        pairs += [(text, box) for text in ("ink", "quiet") for box in ("lambda", "sagemaker", "plain")]
        for text, ground in pairs:
            dark, light = sorted((luminance(scheme[text]), luminance(scheme[ground])))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground, scheme)
