"""Calls a model's container over HTTP on this machine.

Source: "Use Your Own Inference Code with Batch Transform" in the developer guide. A port would be open to all users of
this machine, so the container gets a socket in its job's folder instead.
"""

import http.client
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.sagemaker_jobs.container_process import ContainerProcess
from local_aws.sagemaker_jobs.endings import JobFailed
from local_aws.unix_socket import UnixHTTPConnection

# SageMaker gives a container minutes to load its model; /ping itself must answer within 2 s.
SECONDS_TO_LOAD = 300.0
SECONDS_TO_PING = 2.0
_POLL_SECONDS = 0.02
_WORTH_A_RETRY = (429, 500, 502, 503, 504)


class InvocationFailed(Exception):
    """The container did not process a payload successfully."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes


class ModelServer:
    """Talks to one serving container."""

    def __init__(self, process: ContainerProcess, path: Path) -> None:
        """The container that ``process`` is, or will be, at the socket ``path``."""
        self._process = process
        self._path = path

    def wait_until_loaded(self) -> None:
        """Wait for ``/ping``.

        Raises:
            JobFailed: if the container ends, or takes too long.
        """
        deadline = time.monotonic() + SECONDS_TO_LOAD
        while time.monotonic() < deadline:
            if self._process.exit_code is not None:
                raise JobFailed("AlgorithmError: The model container ended before it answered /ping. See job logs")
            try:
                if self._request("GET", "/ping", None, {}, SECONDS_TO_PING).status == http.client.OK:
                    return
            except OSError:
                pass
            time.sleep(_POLL_SECONDS)
        raise JobFailed(f"AlgorithmError: The model container did not answer /ping within {SECONDS_TO_LOAD:g} s")

    def execution_parameters(self) -> dict[str, Any]:
        """The container's recommendations (``MaxConcurrentTransforms``, …); empty if it has none."""
        try:
            answer = self._request("GET", "/execution-parameters", None, {}, SECONDS_TO_PING)
            found = json.loads(answer.body) if answer.status == http.client.OK else {}
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def invoke(self, payload: bytes, headers: dict[str, str], *, seconds: float, retries: int) -> bytes:
        """Send one payload to ``/invocations``.

        Raises:
            InvocationFailed: if the last attempt failed, too.
        """
        fault = ""
        for _ in range(1 + retries):
            try:
                answer = self._request("POST", "/invocations", payload, headers, seconds)
            except (OSError, http.client.HTTPException) as error:
                fault = f"{type(error).__name__}: {error}"
                if self._process.exit_code is not None:
                    break
                continue
            if answer.status == http.client.OK:
                return answer.body
            fault = f"HTTP {answer.status}: {answer.body[:500].decode('utf-8', errors='replace')}"
            if answer.status not in _WORTH_A_RETRY:
                break
        raise InvocationFailed(fault)

    def _request(self, method: str, path: str, body: bytes | None, headers: dict[str, str], seconds: float) -> Answer:
        connection = UnixHTTPConnection(self._path, timeout=seconds)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read())
        finally:
            connection.close()
