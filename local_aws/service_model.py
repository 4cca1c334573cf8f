"""Validates a request with botocore's model of a service: required and unknown fields, types, patterns, ranges,
enumerations.

botocore's own validator only checks required and unknown fields, types and minima.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

import botocore.session

# Java's regular expressions, which the model uses, have classes that Python's do not have.
_JAVA_CLASSES = {
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    # For these three, only the common characters: ASCII and accented letters.
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}",
    r"\p{S}": r"$+<->^`|~",
    r"\p{M}": r"\u0300-\u036f",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
}


class FaultKind(Enum):
    """What is wrong with a field; Step Functions itself rejects the first three kinds."""

    UNKNOWN = "unknown"
    MISSING = "missing"
    TYPE = "type"
    CONSTRAINT = "constraint"


@dataclass(frozen=True)
class Fault:
    """One error in a request: where (``InputDataConfig[0].ChannelName``), its kind, and its description."""

    path: str
    kind: FaultKind
    message: str


@cache
def sagemaker_model() -> Any:
    """botocore's model of SageMaker, cached because reading it takes a second."""
    return botocore.session.Session().get_service_model("sagemaker")


def request_faults(operation: str, request: Any) -> list[Fault]:
    """All deviations of ``request`` from the operation's input, in the order of the model."""
    return list(faults(sagemaker_model().operation_model(operation).input_shape, request, ""))


def output_fields(operation: str) -> set[str]:
    """The fields of an operation's response."""
    return set(sagemaker_model().operation_model(operation).output_shape.members)


def faults(shape: Any, value: Any, path: str) -> Iterator[Fault]:
    """The errors of ``value`` as a ``shape`` of the model."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure_faults(shape, value, path)
    elif kind == "list":
        yield from _list_faults(shape, value, path)
    elif kind == "map":
        yield from _map_faults(shape, value, path)
    else:
        yield from _scalar_faults(shape, value, path)


def _structure_faults(shape: Any, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield _wrong_type(path, "an object", value)
        return
    for name in shape.required_members:
        if name not in value:
            yield Fault(
                _join(path, name), FaultKind.MISSING, f"The field {_join(path, name)!r} is required but was missing"
            )
    for name, given in value.items():
        member = shape.members.get(name)
        if member is None:
            message = f"The field {_join(path, name)!r} is not supported by Step Functions"
            yield Fault(_join(path, name), FaultKind.UNKNOWN, message)
        else:
            yield from faults(member, given, _join(path, name))
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield _constraint(path, value, f"Exactly one of {', '.join(shape.members)} must be set")


def _list_faults(shape: Any, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, list | tuple):
        yield _wrong_type(path, "an array", value)
        return
    yield from _range_faults(shape, len(value), value, path, "length")
    for index, element in enumerate(value):
        yield from faults(shape.member, element, f"{path}[{index}]")


def _map_faults(shape: Any, value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield _wrong_type(path, "an object", value)
        return
    yield from _range_faults(shape, len(value), value, path, "length")
    for name, given in value.items():
        yield from faults(shape.key, name, f"{path}.{name} (its key)")
        yield from faults(shape.value, given, _join(path, name))


def _scalar_faults(shape: Any, value: Any, path: str) -> Iterator[Fault]:
    accepted, words = _TYPES[shape.type_name]
    if not isinstance(value, accepted) or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield _wrong_type(path, words, value)
    elif isinstance(value, str):
        yield from _range_faults(shape, len(value), value, path, "length")
        yield from _text_faults(shape, value, path)
    elif not isinstance(value, bool):
        yield from _range_faults(shape, value, value, path, "value")


# Times in a `.sync` result are numbers.
_TYPES: dict[str, tuple[Any, str]] = {
    "string": ((str,), "a string"),
    "integer": ((int,), "an integer"),
    "long": ((int,), "an integer"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "boolean": ((bool,), "a boolean"),
    "timestamp": ((int, float), "a number"),
}


def _range_faults(shape: Any, size: float, value: Any, path: str, what: str) -> Iterator[Fault]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield _constraint(path, value, f"Member must have {what} greater than or equal to {low}")
    if high is not None and size > high:
        yield _constraint(path, value, f"Member must have {what} less than or equal to {high}")


def _text_faults(shape: Any, value: str, path: str) -> Iterator[Fault]:
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not compiled(pattern).fullmatch(value):
        yield _constraint(path, value, f"Member must satisfy regular expression pattern: {pattern}")
    if shape.enum and value not in shape.enum:
        yield _constraint(path, value, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The model's pattern as a Python pattern."""
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    # A repeated end anchor, as in the patterns of CustomerMetadataProperties, is one anchor; Python does not allow
    # repeating it.
    return re.compile(re.sub(r"\$\{\d+,\d+\}$", "$", pattern))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _wrong_type(path: str, words: str, value: Any) -> Fault:
    return Fault(path, FaultKind.TYPE, f"The value for the field {path!r} must be {words}, got {value!r}")


def _constraint(path: str, value: Any, rule: str) -> Fault:
    shown = repr(value) if len(repr(value)) <= 200 else f"{repr(value)[:200]}…"
    return Fault(path, FaultKind.CONSTRAINT, f"Value {shown} at {path!r} failed to satisfy constraint: {rule}")
