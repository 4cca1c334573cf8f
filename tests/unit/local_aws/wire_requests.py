"""Requests as bytes on the wire: signed by botocore like a client, and changed afterwards like an attacker."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_aws.running_engine import RunningEngine
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class WireRequest:
    """A request sent as it is, except for a missing Host and the body's length."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def but(self, **headers: str | None) -> Self:
        """The same with other headers, or without some; ``_`` stands for ``-``."""
        named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in named}
        return replace(self, headers=kept | {name: value for name, value in named.items() if value is not None})

    def sent(self, running: RunningEngine) -> Answer:
        """Send it, and read the whole response."""
        connection = http.client.HTTPConnection(urlsplit(running.endpoint).netloc, timeout=30)
        has_host = any(name.lower() == "host" for name in self.headers)
        try:
            connection.putrequest(self.method, self.target, skip_host=has_host, skip_accept_encoding=True)
            for name, value in {**self.headers, "Content-Length": str(len(self.body))}.items():
                connection.putheader(name, value)
            connection.endheaders(self.body)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, headers, answer.read().decode("utf-8", errors="replace"))
        finally:
            connection.close()


class _Streaming(SigV4Auth):  # type: ignore[misc]  # botocore is not typed
    """Signs the headers as they are, including the one about the body."""

    def _normalize_url_path(self, path: str) -> str:
        return path


def signed(
    running: RunningEngine,
    method: str,
    target: str = "/",
    *,
    service: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    key: RoleCredentials | None = None,
    presigned_for: int | None = None,
    unsigned: str | None = None,
) -> WireRequest:
    """A request signed by its sender.

    Args:
        running: the engine.
        method: HTTP's.
        target: path and query, percent-encoded.
        service: the service name in the signature.
        body: its body.
        headers: additional ones, all signed.
        key: the signing key; by default the administrator's.
        presigned_for: validity in seconds of a signature in the query; by default, it is in the headers.
        unsigned: S3's value for an unsigned body, and how the body is sent.
    """
    key = key or running.administrator
    request = AWSRequest(method, f"{running.endpoint}{target}", headers=dict(headers or {}), data=body)
    credentials: Any = Credentials(key.access_key, key.secret_key, key.session_token)
    if presigned_for is not None:
        signer = S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth
        signer(credentials, service, running.region, expires=presigned_for).add_auth(request)
    elif unsigned is not None:
        request.headers["X-Amz-Content-SHA256"] = unsigned
        _Streaming(credentials, service, running.region).add_auth(request)
    else:
        (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, running.region).add_auth(request)
    place = urlsplit(request.url)
    return WireRequest(
        method, f"{place.path}?{place.query}" if place.query else place.path, dict(request.headers.items()), body
    )
