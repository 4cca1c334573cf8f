"""Converts a setting's value from Python: to JSON for the stack's output, to text for the CDK command line."""

import json
from collections.abc import Mapping
from typing import Any

Value = str | bool | int | tuple[str, ...] | Mapping[str, Any]


def plain(value: Value) -> Any:
    """In JSON's types."""
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def text(value: Value) -> str:
    """As a person would type it.

    >>> text(True), text(("subnet-1", "subnet-2")), text({"spot": True})
    ('true', 'subnet-1,subnet-2', '{"spot": true}')
    """
    if isinstance(value, str):
        return value
    return ",".join(value) if isinstance(value, tuple) else json.dumps(plain(value))
