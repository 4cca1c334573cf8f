"""Renders the workflow's SageMaker requests from a plan, and validates them against botocore's service model."""

import copy
import re
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import yaml
from botocore.model import Shape
from botocore.validate import ParamValidator

DEFINITION = Path(__file__).parents[3] / "infra" / "workflow.asl.yaml"
MODEL = botocore.session.get_session().get_service_model("sagemaker")
PLACES = {"JobRoleArn": "arn:aws:iam::123456789012:role/jobs", "StackName": "topx"}
# Letters, digits and spaces of any language, as in the patterns of tags; punctuation in descriptions is ASCII only.
UNICODE_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{M}": "",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}",
    r"\p{S}": r"$+<->^`|~",
}
FORMAT_OF_NAME = re.compile(r"States\.Format\('\{\}-\{\}', (\$[\w.]+), States\.UUID\(\)\)")


@cache
def states() -> dict[str, Any]:
    """The states of both state machines, by name."""
    document = yaml.safe_load(DEFINITION.read_text())
    return {**document["States"], **document["AfterPublishing"]["States"]}


def states_with_requests() -> dict[str, str]:
    """By state name, the operation that it calls."""
    found = {}
    for name, state in states().items():
        called = re.search(r"(?::sagemaker|aws-sdk:sagemaker):(\w+)", state.get("Resource", ""))
        if called:
            found[name] = called[1][0].upper() + called[1][1:]
    return found


def rendered(state: str, context: dict[str, Any]) -> dict[str, Any]:
    """The state's Parameters with the context's values filled in."""
    # A copy: tests change requests, and a fragment of a plan may be in several.
    request: dict[str, Any] = copy.deepcopy(_render(states()[state]["Parameters"], context))
    return request


def _render(node: Any, context: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        return dict(_render_field(name, value, context) for name, value in node.items())
    if isinstance(node, list):
        return [_render(element, context) for element in node]
    if isinstance(node, str) and node.startswith("${"):
        return PLACES.get(node[2:-1], f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{node[2:-1].lower()}:1")
    return node


def _render_field(name: str, value: Any, context: dict[str, Any]) -> tuple[str, Any]:
    if not name.endswith(".$"):
        return name, _render(value, context)
    named = FORMAT_OF_NAME.fullmatch(value)
    if named:
        return name[:-2], f"{_at(named[1], context)}-{uuid.uuid4()}"
    return name[:-2], _at(value, context)


def _at(path: str, context: dict[str, Any]) -> Any:
    for name in path.removeprefix("$.").split("."):
        context = context[name]
    return context


def faults(operation: str, request: dict[str, Any]) -> list[str]:
    """Everything wrong with a request: what botocore validates, and what only its model says."""
    shape = MODEL.operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    # Values with a type other than the model's cannot be walked by it.
    return [report.generate_report()] if report.has_errors() else _walk(shape, request, operation)


def _walk(shape: Shape, value: Any, path: str) -> list[str]:
    found = []
    if shape.type_name == "structure":
        found += [f"{path}.{name} is unknown" for name in value if name not in shape.members]
        for name in value.keys() & shape.members.keys():
            found += _walk(shape.members[name], value[name], f"{path}.{name}")
    elif shape.type_name == "list":
        found += _length(shape, len(value), path)
        for number, element in enumerate(value):
            found += _walk(shape.member, element, f"{path}[{number}]")
    elif shape.type_name == "map":
        found += _length(shape, len(value), path)
        for name, element in value.items():
            found += _walk(shape.key, name, f"{path} key") + _walk(shape.value, element, f"{path}[{name}]")
    elif shape.type_name == "string":
        found += _string(shape, value, path)
    elif shape.type_name in {"integer", "long"}:
        found += _length(shape, value, path)
    return found


def _string(shape: Shape, value: str, path: str) -> list[str]:
    pattern, choices = shape.metadata.get("pattern"), shape.metadata.get("enum")
    found = _length(shape, len(value), path)
    for java, python in UNICODE_CLASSES.items():
        pattern = pattern and pattern.replace(java, python)
    pattern = pattern and re.sub(r"\$\{\d+,\d+\}$", "$", pattern)  # CustomerMetadataProperties: an end, repeated
    if pattern and not re.fullmatch(pattern, value):
        found.append(f"{path} {value!r} does not match {pattern}")
    if choices and value not in choices:
        found.append(f"{path} {value!r} is not among the {len(choices)} choices")
    return found


def _length(shape: Shape, size: int, path: str) -> list[str]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", float("inf"))
    return [] if least <= size <= most else [f"{path} is {size}, outside {least}..{most}"]
