"""Decides which requests reach the embedded AWS: those signed with one of its keys, and none from web pages.

Web pages in a browser on this machine can send requests to the loopback interface, and so can every user of the
machine. So requests without a valid signature are rejected, and requests that only browsers send are rejected before
anything is parsed.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from ministack.core.iam_evaluator import CredentialResolutionError, is_root_access_key, resolve_credential
from ministack.core.responses import _account_from_sts_session
from ministack.core.sigv4 import decode_header_value

from local_aws import engine
from local_aws.engine_application import Application, Message, Receive, Scope, Send
from local_aws.refusal_answers import answer_to
from local_aws.request_signature import RequestHead, Signature, SignatureRefused
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials

# Larger bodies take longer to hash than to hand over to a thread.
_LARGE_BODY = 1 << 20
# Our own routes, only for the administrator.
_OWN = "/_local_aws/"
_PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


class ForeignRequest(Exception):
    """A request that no client of the engine sends; the message says why."""


class SenderGone(Exception):
    """The connection was closed before the request was complete."""


class EngineGate:
    """An ASGI application that forwards requests signed with a key of the engine, and rejects all others.

    Args:
        wrapped: the application behind the gate.
        port: where it listens; requests must have this port in their Host.
        administrator: the key of the account's administrator. Other keys belong to role sessions and IAM users.
    """

    def __init__(self, wrapped: Application, *, port: int, administrator: RoleCredentials) -> None:
        self._wrapped = wrapped
        self._hosts = (f"{engine.HOST}:{port}", f"localhost:{port}")
        self._administrator = administrator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._wrapped(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            head = self._head(scope)
        except ForeignRequest as refusal:
            await _refuse(send, 403, _PLAIN, f"{refusal}\n".encode())
            return
        try:
            signature, secret = self._identified(head)
            body = await _read(receive)
            await _off_the_loop(body, signature.check, head, body, secret)
        except SignatureRefused as refusal:
            await _refuse(send, *answer_to(head, refusal))
            return
        except SenderGone:
            return
        if scope["path"].startswith("/_") and not self._is_own(scope["path"], signature):
            await _refuse(send, 404, _PLAIN, b"There is no such route: only AWS's APIs are served here.\n")
            return
        await self._wrapped(scope, _replayed(body, receive), _without_cors(send))

    def _head(self, scope: Scope) -> RequestHead:
        """The head of the request, if a client of the engine can have sent it.

        Raises:
            ForeignRequest: if it comes from a web page, is for another host, or has no form that AWS accepts.
        """
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(decode_header_value(value))
        if len(headers.get("host", ())) != 1 or headers["host"][0] not in self._hosts:
            raise ForeignRequest(f"Host must be {' or '.join(self._hosts)}.")
        # Browsers send these with all requests of a page, and nothing else does.
        for name in ("origin", "sec-fetch-site"):
            if name in headers:
                raise ForeignRequest(f"A request with {name.title()} comes from a browser, and is rejected.")
        if scope["method"] == "OPTIONS":
            raise ForeignRequest("OPTIONS is rejected: other sites may not use this one.")
        path, query = scope["raw_path"], scope["query_string"]
        if not path.startswith(b"/") or not (path + query).isascii() or b"#" in path + query:
            raise ForeignRequest("The request's target must be a path and a query, both percent-encoded.")
        return RequestHead(scope["method"], path.decode(), query.decode(), headers)

    def _identified(self, head: RequestHead) -> tuple[Signature, str]:
        """The request's signature, whose time is valid, and the secret of the key that it names.

        Raises:
            SignatureRefused: if there is none, or its key is unknown to the engine.
        """
        signature = Signature.of(head)
        signature.check_time(datetime.now(UTC))
        key = signature.access_key
        # ministack accepts account numbers and some other words as its administrator's key.
        if is_root_access_key(key) and key != self._administrator.access_key:
            raise SignatureRefused(
                "UnrecognizedClientException", "The security token included in the request is invalid."
            )
        found = resolve_credential(key, _account_from_sts_session(key) or engine.ACCOUNT, signature.token)
        if isinstance(found, CredentialResolutionError):
            raise SignatureRefused(found.code, found.message)
        return signature, found.secret_access_key

    def _is_own(self, path: str, signature: Signature) -> bool:
        return path.startswith(_OWN) and signature.access_key == self._administrator.access_key


async def _read(receive: Receive) -> bytes:
    """The body.

    Raises:
        SenderGone: if it is incomplete.
    """
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise SenderGone
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _off_the_loop(body: bytes, check: Callable[..., None], *given: object) -> None:
    """Call ``check``, in a thread if it takes a while, so that a large body's hash does not block other requests."""
    if len(body) > _LARGE_BODY:
        await asyncio.to_thread(check, *given)
    else:
        check(*given)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """``receive`` as if the body had not been read."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _without_cors(send: Send) -> Send:
    """``send``, without response headers that would let another site read it."""

    async def send_without_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", ()) if not pair[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return send_without_cors


async def _refuse(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
