"""Invokes a function of the stack, as an operator does from the Lambda console."""

import getpass
import json
import socket
from collections.abc import Mapping
from typing import Any

from topx.problem import Problem


def call(functions: Any, name: str, event: Mapping[str, Any]) -> Any:
    """The function's result; ``functions`` is a boto3 Lambda client.

    Raises:
        Problem: with the function's own message, if it fails.
    """
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
    payload = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise Problem(str(payload.get("errorMessage", payload)))
    return payload


def this_machines_user() -> str:
    """Who requests it, if no name is given."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
