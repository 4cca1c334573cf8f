"""The results of AWS and topx's functions for the definition's calls, in their documented form."""

import ast
import json
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from botocore.model import OperationModel, Shape

from contract.part_manifest import Hashes
from tests.infrastructure.definition_checks.integrations import is_waited_for, operation_of
from tests.unit.lambdas import planned, sagemaker_requests

REPOSITORY = Path(__file__).parents[3]


class NotAnswered(Exception):
    """The call would fail, or its result is unknown."""


def answer(resource: str, parameters: dict[str, Any], size: str) -> Any:
    """The result of a Task.

    Args:
        size: of the run: smallest, default or largest.

    Raises:
        NotAnswered: if the invoked function would not understand the event.
    """
    operation = operation_of(resource)
    if operation is None:
        raise NotAnswered(f"{resource} is nobody")
    if operation.name == "Invoke":
        return {"ExecutedVersion": "$LATEST", "StatusCode": 200, "Payload": _function(parameters, size)}
    if is_waited_for(resource):
        kind = operation.name.removeprefix("Create")
        # ".sync": the Describe document, the request's fields in it, and the tags.
        return {**_described(kind), **parameters, f"{kind}Status": "Completed", "Tags": []}
    return {**_example(operation.output_shape), **_arns(operation, parameters)} if operation.output_shape else {}


def items(key: str, parts: int) -> list[dict[str, Any]]:
    """The entries of an item reader's object: those of contract/part_manifest.py and lambdas/retiring/retirement.py.

    Raises:
        NotAnswered: if no stage writes that object.
    """
    names = [f"part-{number:05d}" for number in range(parts)]
    if key.endswith("/parts.json"):
        hashes = dict.fromkeys(get_type_hints(Hashes), "a" * 64)
        return [
            {"part": name, "first": 5000 * number, "users": 5000, "sha256": hashes} for number, name in enumerate(names)
        ]
    if key.endswith("/retirement.json"):
        return [{"version": "20261123t030000120-a9711f", "part": name} for name in names]
    raise NotAnswered(f"nothing writes {key}")


def _function(parameters: dict[str, Any], size: str) -> Any:
    name = str(parameters.get("FunctionName", "")).split(":function:")[-1]
    given, read = set(parameters.get("Payload", {})), _event_fields(name)
    if given != read:
        raise NotAnswered(f"{name} reads {sorted(read)} of its event and is given {sorted(given)}")
    plans = json.loads(_plans(size))
    answers = {
        "plan_run": plans["plan"],
        "plan_training": plans["training"],
        "read_training_log": {"epochs": 1000, "complete": True},
        # The longest cause that contract/quality_gate.py writes has about 600 characters.
        "check_quality": {"passed": True, "cause": "QualityRefused: " + "n" * 800, "metrics_sha256": "a" * 64},
        "load_part": {"part": "part-00000", "users": 5000, "short": 12},
        "publish_version": {"version": plans["plan"]["run_id"]},
        "gather_outcome": {"seconds": 86_400.123},
        "choose_retirement": {"parts": 5000},
        "retire_part": {"version": plans["plan"]["run_id"], "part": "part-00000", "deleted": 5000},
        "look_at_failed_job": _trial(parameters["Payload"].get("failed", {})),
        "record_retirement": {"retired": [plans["plan"]["run_id"]]},
    }
    # A function whose result no state reads is not listed here.
    return answers.get(name, {})


def _trial(failed: dict[str, Any]) -> dict[str, Any]:
    """The decision about the job whose error is in ``failed``."""
    job = next(
        (stage for stage, reported in failed.items() if isinstance(reported, dict) and "Error" in reported), "none"
    )
    return {"job": job, "seconds": 300, "since": "2026-11-23T03:00:00Z", "repeats": {"CAPACITY": 1}, "redrives": 0}


def _event_fields(name: str) -> set[str]:
    """The fields of its event that a handler reads."""
    path = REPOSITORY / "lambdas" / "handlers" / f"{name}.py"
    if not path.exists():
        raise NotAnswered(f"there is no function {name}")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (handler,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler")
    event = handler.args.args[0].arg
    return {
        str(node.slice.value)
        for node in ast.walk(handler)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == event
        if isinstance(node.slice, ast.Constant)
    }


def _arns(operation: OperationModel, parameters: dict[str, Any]) -> dict[str, str]:
    """The ARN of the created resource ends with the requested name."""
    resource = operation.name.removeprefix("Create")
    name = parameters.get(f"{resource}Name", "")
    return {
        member: f"arn:aws:sagemaker:eu-west-1:111122223333:{resource.lower()}/{name}"
        for member in operation.output_shape.members
        if member.endswith("Arn")
    }


@cache
def _described(kind: str) -> dict[str, Any]:
    document: dict[str, Any] = _example(sagemaker_requests.MODEL.operation_model(f"Describe{kind}").output_shape)
    return document


@cache
def _plans(size: str) -> str:
    return json.dumps(planned.of_size(size))


def _example(shape: Shape) -> Any:
    """A document with all members of the shape."""
    match shape.type_name:
        case "structure":
            return {name: _example(member) for name, member in shape.members.items()}
        case "list":
            return [_example(shape.member)]
        case "map":
            return {"name": _example(shape.value)}
        case "boolean":
            return True
        case "integer" | "long" | "timestamp":
            return 1
        case "float" | "double":
            return 0.5
        case _:
            if "S3" in shape.name or shape.name.endswith(("Uri", "Url")):
                return "s3://topx-data/scratch/run/job/output/model.tar.gz"
            return (shape.metadata.get("enum") or ["text"])[0]
