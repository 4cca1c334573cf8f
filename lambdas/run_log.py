"""The functions' logs: one JSON line for each message, with the id of the run that it is about.

In CloudWatch Logs Insights, over all functions: ``filter run_id = "20261123t030000120-a9711f"``. ``timestamp`` and
``level`` are named as in Lambda's own JSON lines ("Using Lambda advanced logging controls", Lambda developer guide),
which Lambda filters by.
"""

import functools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypeVar

from contract.run_layout import RUN_ID, run_id_of

Handler = TypeVar("Handler", bound=Callable[[Any, Any], Any])

_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039 - it is never changed
_IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"

logger = logging.getLogger(__name__)


class JsonLine(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_about.get(),
            **({"exception": self.formatException(record.exc_info)} if record.exc_info else {}),
        }
        return json.dumps(line, ensure_ascii=False)


def keyed(handler: Handler) -> Handler:
    """Decorates a handler: every log line has the run of the event, and start and end are logged."""

    @functools.wraps(handler)
    def handle(event: Any, context: Any) -> Any:
        if _IN_LAMBDA in os.environ:
            _write_json_lines()
        about = {"run_id": run_of(event), "request_id": getattr(context, "aws_request_id", None)}
        token, begun = _about.set({name: value for name, value in about.items() if value}), time.monotonic()
        try:
            answer = handler(event, context)
        except Exception as error:
            # Lambda itself logs the traceback, under the same request id.
            logger.error("failed after %.1f s: %s: %s", time.monotonic() - begun, type(error).__name__, error)  # noqa: TRY400
            raise
        else:
            logger.info("done in %.1f s", time.monotonic() - begun)
            return answer
        finally:
            _about.reset(token)

    return handle  # type: ignore[return-value]


def run_of(event: Any) -> str | None:
    """The run that an event is about, None if it has none."""
    if not isinstance(event, Mapping):
        return None
    for field in ("run_id", "version"):
        if isinstance(event.get(field), str):
            return str(event[field])
    execution, detail = event.get("execution"), event.get("detail")
    try:
        if isinstance(execution, Mapping) and "arn" in execution:
            return run_id_of(execution["arn"], execution["started"])
        if isinstance(execution, Mapping):
            return _of_execution(execution["Id"], execution["StartTime"])
        if isinstance(detail, Mapping):
            started = datetime.fromtimestamp(detail["startDate"] / 1000, UTC).isoformat()
            return _of_execution(detail["executionArn"], started)
    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # the function itself refuses such an event and gives the reason
    return None


def _of_execution(arn: str, started: str) -> str:
    """An execution after publishing is named after the run."""
    name = arn.rpartition(":")[2]
    return name if RUN_ID.fullmatch(name) else run_id_of(arn, started)


def _write_json_lines() -> None:
    """Once for each process; replaces the handler that Lambda's runtime has installed."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, JsonLine) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLine())
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("botocore", "boto3", "urllib3", "s3transfer"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
