"""The calls that states may make, and their parameters: AWS's list of optimized integrations, botocore's service
models.
"""

import re
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel

from tests.infrastructure.definition_checks.scopes import Scope, State, states, tasks

# "Integrating optimized services", Step Functions developer guide: for the services that topx calls.
_JOBS = {
    f"sagemaker:create{kind}Job" for kind in ("HyperParameterTuning", "Labeling", "Processing", "Training", "Transform")
}
_ALONE = {
    f"sagemaker:{action}" for action in ("createEndpoint", "createEndpointConfig", "createModel", "updateEndpoint")
}
OPTIMISED = {
    "lambda:invoke",
    "sns:publish",
    "states:startExecution",
    *_ALONE,
    *_JOBS,
    *(f"{job}.sync" for job in _JOBS),
}
# "ItemReader", ibidem.
INPUT_TYPES = {"CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"}
# Where Step Functions differs from botocore.
_SERVICES = {"states": "stepfunctions"}
_RESOURCE = re.compile(r"arn:(?:\$\{Partition\}|aws):states:::((aws-sdk:)?(\w+):(\w+?)(\.sync)?)")


def findings(definition: Scope) -> list[str]:
    """Calls that do not exist, jobs that nothing waits for, and unknown parameters of the called service."""
    found = []
    for name, state in tasks(definition).items():
        match = _RESOURCE.fullmatch(state["Resource"])
        operation = operation_of(state["Resource"])
        if not match or not operation or (not match[2] and match[1] not in OPTIMISED):
            found.append(f"{name} calls {state['Resource']}, which is no integration")
            continue
        if match[1] in _JOBS:
            found.append(f"{name} does not wait for its job")
        found += [f"{name}: {fault}" for fault in _parameters(operation, state.get("Parameters", {}))]
    for name, state in states(definition).items():
        if "ItemReader" in state:
            found += [f"{name}: {fault}" for fault in _item_reader(state["ItemReader"])]
    return found


def operation_of(resource: str) -> OperationModel | None:
    """botocore's model of the operation that a state's Resource calls, if there is such an operation."""
    match = _RESOURCE.fullmatch(resource)
    return _operation(match[3], match[4]) if match else None


def is_waited_for(resource: str) -> bool:
    """Whether the state ends with the job, not with its start."""
    return resource.endswith(".sync")


@cache
def _operation(service: str, action: str) -> OperationModel | None:
    name = action[0].upper() + action[1:]
    try:
        model = botocore.session.get_session().get_service_model(_SERVICES.get(service, service))
    except UnknownServiceError:
        return None
    return model.operation_model(name) if name in model.operation_names else None


def _parameters(operation: OperationModel, parameters: dict[str, Any]) -> list[str]:
    shape = operation.input_shape
    if operation.service_model.service_name == "stepfunctions":  # its own field names begin with a lower-case letter
        parameters = {key[0].lower() + key[1:]: value for key, value in parameters.items()}
    given = {key.removesuffix(".$") for key in parameters}
    missing = sorted(set(shape.required_members) - given)
    return [f"{operation.name} needs {name}" for name in missing] + _members(shape, parameters)


def _members(shape: Any, value: Any) -> list[str]:
    """Every literal key, at any depth, is a member of the shape at that position."""
    found = []
    if shape.type_name == "structure" and isinstance(value, dict):
        for key, inner in value.items():
            name = key.removesuffix(".$")
            if name not in shape.members:
                found.append(f"{shape.name} has no {name}")
            elif name == key:
                found += _members(shape.members[name], inner)
    if shape.type_name == "list" and isinstance(value, list):
        for inner in value:
            found += _members(shape.member, inner)
    return found


def _item_reader(reader: State) -> list[str]:
    match = _RESOURCE.fullmatch(reader["Resource"])
    operation = operation_of(reader["Resource"])
    if not match or match[1] not in ("s3:getObject", "s3:listObjectsV2") or not operation:
        return [f"{reader['Resource']} reads no items"]
    found = _parameters(operation, reader.get("Parameters", {}))
    kind = reader.get("ReaderConfig", {}).get("InputType")
    if match[1] == "s3:getObject" and kind not in INPUT_TYPES:
        found.append(f"an object of items must be {', '.join(sorted(INPUT_TYPES))}, got {kind}")
    return found
