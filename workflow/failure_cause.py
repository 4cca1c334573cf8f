"""Parses the error and cause that Step Functions reports for a failed state; the cause is text or JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

from contract.refusal import refusal_in
from workflow.failure_guide import ERRORS

MOST_CHARACTERS = 2_000
# Where services put their messages, the most specific first: a Lambda exception's, our containers', SageMaker's.
_WORDS = ("errorMessage", "ExitMessage", "FailureReason")
# Step Functions truncates a cause at 32,768 characters, which makes JSON invalid.
_QUOTED = {name: re.compile(rf'"{name}"\s*:\s*("(?:[^"\\]|\\.)+")') for name in _WORDS}
_STATUS = re.compile(r"(Processing|Training|Transform)JobStatus")
_NAME = re.compile(r"([A-Za-z][\w.]*): ")
_AWS_REQUEST = re.compile(r"\s*\((?:Service: [^()]*|Request ID: [^()]*)\)$")


def document(text: str | None) -> Mapping[str, Any]:
    """``text`` as a JSON object; empty if it is not one.

    >>> document('{"a": 1}'), document("AccessDenied"), document(None)
    ({'a': 1}, {}, {})
    """
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def sentence(error: str, cause: str) -> str:
    """The cause in one line, without JSON and without the name of an error in the guide; empty if there is no cause.

    >>> sentence("States.TaskFailed", '{"TrainingJobName": "fm-1", "FailureReason": "ClientError: No S3 objects"}')
    'No S3 objects'
    >>> sentence("SageMaker.AmazonSageMakerException", "Not authorized (Service: AmazonSageMaker; Status Code: 400)")
    'Not authorized'
    """
    message = " ".join(_AWS_REQUEST.sub("", _words(cause)).split())
    name = _NAME.match(message)
    if name and name[1] in ERRORS:
        message = message[name.end() :]
    if not message and error not in ERRORS:
        message = error
    return message if len(message) <= MOST_CHARACTERS else f"{message[:MOST_CHARACTERS]}…"


def error_name(error: str, cause: str) -> str:
    """The most specific error name that the guide has an entry for; ``error`` itself if it has none.

    Not every engine passes on the name of a Lambda exception, and every failed job reports States.TaskFailed.

    >>> error_name("Runtime.HandlerError", '{"errorMessage": "InputRefused: no data"}')
    'InputRefused'
    >>> error_name("States.TaskFailed", '{"FailureReason": "AlgorithmError: exit code: 1"}')
    'AlgorithmError'
    """
    refusal = refusal_in(cause)
    prefix = _NAME.match(_words(cause))
    named = (
        refusal.__name__ if refusal else "",
        prefix[1] if prefix else "",
        str(document(cause).get("errorType", "")),
        error,
    )
    return next((name for name in named if name in ERRORS), error)


def _words(cause: str) -> str:
    known = document(cause)
    for name in _WORDS:
        if known.get(name):
            return str(known[name]).strip()
    for name, value in known.items():
        job = _STATUS.fullmatch(name)
        if job:
            return f"the {job[1].lower()} job {known.get(f'{job[1]}JobName', '')} ended {value} without a reason"
    for pattern in _QUOTED.values():
        found = pattern.search(cause)
        if found:
            return str(json.loads(found[1])).strip()
    return cause.strip()
