"""The serving container: ``/ping``, ``/execution-parameters`` and ``/invocations``.

Source: "Use Your Own Inference Code with Batch Transform" in the SageMaker developer guide.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import faiss

from local_aws.algorithms.nearest_neighbours.answers import JSON_LINES, AcceptRefused, answer, check_form
from local_aws.algorithms.nearest_neighbours.model import NearestNeighbours
from local_aws.algorithms.nearest_neighbours.rows import ContentTypeRefused, RowsRefused, media_type, request_rows
from local_aws.unix_socket import BIND_TO_SOCKET, UnixHTTPServer
from sagemaker_contract.job_paths import JobPaths

log = logging.getLogger(__name__)

_REQUESTS_AT_ONCE = 2
EXECUTION_PARAMETERS = {
    "MaxConcurrentTransforms": _REQUESTS_AT_ONCE,
    "BatchStrategy": "MULTI_RECORD",
    "MaxPayloadInMB": 6,
}
# The maximum payload of a batch transform.
MOST_BODY_BYTES = 100 * 1024 * 1024

_REFUSALS = {
    RowsRefused: HTTPStatus.BAD_REQUEST,
    ContentTypeRefused: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    AcceptRefused: HTTPStatus.NOT_ACCEPTABLE,
}


class Predictor:
    """A loaded model that answers request bodies."""

    def __init__(self, model: NearestNeighbours) -> None:
        self.model = model

    @classmethod
    def load(cls, folder: Path) -> "Predictor":
        """With the model of a training job."""
        return cls(NearestNeighbours.load(folder))

    def invoke(self, body: bytes, content_type: str, accept: str) -> tuple[str, bytes]:
        """The content type and body of the answer.

        Raises:
            RowsRefused, ContentTypeRefused, AcceptRefused.
        """
        check_form(accept)
        # Requests come at once: with threads for all processors each, they would wait for one another. The setting is
        # that of the calling thread, and each request has its own.
        faiss.omp_set_num_threads(max(1, (os.cpu_count() or 1) // _REQUESTS_AT_ONCE))
        rows = request_rows(body, content_type, self.model.hyperparameters.feature_dim)
        return JSON_LINES, answer(self.model.search(rows), self.model.labels)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_PortServer | _SocketServer"

    def do_GET(self) -> None:
        if self.path == "/ping":
            self._send(HTTPStatus.OK, "text/plain", b"")
        elif self.path == "/execution-parameters":
            self._send(HTTPStatus.OK, "application/json", json.dumps(EXECUTION_PARAMETERS).encode())
        else:
            self._refuse(HTTPStatus.NOT_FOUND, f"there is no {self.path}; GET /ping or /execution-parameters")

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != "/invocations":
            self._refuse(HTTPStatus.NOT_FOUND, f"there is no {self.path}; POST /invocations")
            return
        headers = self.headers.get("Content-Type", ""), self.headers.get("Accept", "")
        try:
            kind, answered = self.server.predictor.invoke(body, *headers)
        except tuple(_REFUSALS) as refusal:
            self._refuse(_REFUSALS[type(refusal)], str(refusal))
        except Exception:  # a bug in the stand-in: the client gets an answer, and later requests are still served
            log.exception("a request of %d bytes (%s) failed", len(body), media_type(headers[0])[0])
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "the request failed; see the log")
        else:
            self._send(HTTPStatus.OK, kind, answered)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            self._refuse(HTTPStatus.LENGTH_REQUIRED, f"Content-Length must be a whole number, got {length!r}")
            return None
        if int(length) > MOST_BODY_BYTES:
            self.close_connection = True
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body may have {MOST_BODY_BYTES} bytes, got {length}"
            )
            return None
        return self.rfile.read(int(length))

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self._send(status, "text/plain; charset=utf-8", f"{message}\n".encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:  # the body was not read, so the following bytes are not the next request
            self.send_header("Connection", "close")
        self.end_headers()
        if body:  # without one, the client has its whole answer and may have closed the connection
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        log.info(format, *args)


class _PortServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, predictor: Predictor) -> None:
        self.predictor = predictor
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def place(self) -> str:
        return f"port {self.server_port}"


class _SocketHandler(_Handler):
    disable_nagle_algorithm = False  # not applicable to a Unix socket


class _SocketServer(UnixHTTPServer):
    def __init__(self, path: Path, predictor: Predictor) -> None:
        self.predictor = predictor
        self.place = str(path)
        super().__init__(path, _SocketHandler)


def serve(paths: JobPaths) -> None:
    """Serve requests until SIGTERM.

    On the socket that ``TOPX_BIND_TO_SOCKET`` names; without it, as in SageMaker, on the loopback port
    ``SAGEMAKER_BIND_TO_PORT``, by default 8080.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    predictor = Predictor.load(paths.model)
    model = predictor.model
    with _server(os.environ, predictor) as server:
        log.info("serving %d items, k=%d, on %s", len(model.labels), model.hyperparameters.k, server.place)
        server.serve_forever()


def _server(environment: Mapping[str, str], predictor: Predictor) -> _PortServer | _SocketServer:
    if BIND_TO_SOCKET in environment:
        return _SocketServer(Path(environment[BIND_TO_SOCKET]), predictor)
    return _PortServer(int(environment.get("SAGEMAKER_BIND_TO_PORT", "8080")), predictor)
