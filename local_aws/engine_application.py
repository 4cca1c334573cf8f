"""Wraps ministack's ASGI application: two additional routes, and saving of what was done."""

import asyncio
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from local_aws.durable_objects import ObjectNotKept

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# A function called from outside, not by a state machine, which saves when it ends.
_INVOCATION = re.compile(r"/2015-03-31/functions/[^/]+/invocations")
NOT_SAVED = "StateNotSaved"
# botocore retries a call answered with 500, but this one has been executed.
_INSUFFICIENT_STORAGE = 507

logger = logging.getLogger("local_aws.engine")


class EngineApplication:
    """ministack's application with ``GET /_local_aws/health`` and ``POST /_local_aws/save``, behind the engine's
    gate.

    A Lambda function's answer is sent after ``save`` has returned, so that no success is reported that a killed engine
    would lose. ``after_startup`` is called when requests are accepted, ``before_shutdown`` before ministack ends.
    """

    def __init__(
        self,
        wrapped: Application,
        *,
        home: Path,
        save: Callable[[], None],
        after_startup: Callable[[], None],
        before_shutdown: Callable[[], None],
    ) -> None:
        self._wrapped = wrapped
        self._home = home
        self._save = save
        self._after_startup = after_startup
        self._before_shutdown = before_shutdown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._wrapped(scope, self._receive_lifespan(receive), self._send_lifespan(send))
        elif scope["type"] == "http" and scope["path"] == "/_local_aws/health":
            await _answer(send, 200, {"pid": os.getpid(), "home": str(self._home)})
        elif scope["type"] == "http" and scope["path"] == "/_local_aws/save" and scope["method"] == "POST":
            await self._answer_save(send)
        elif scope["type"] == "http" and scope["method"] == "POST" and _INVOCATION.fullmatch(scope["path"]):
            await self._answer_when_saved(scope, receive, send)
        else:
            await self._answer_or_refuse(scope, receive, send)

    def _receive_lifespan(self, receive: Receive) -> Receive:
        async def receive_after_jobs() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await asyncio.to_thread(self._before_shutdown)
            return message

        return receive_after_jobs

    def _send_lifespan(self, send: Send) -> Send:
        async def send_and_follow_up(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._after_startup()

        return send_and_follow_up

    async def _answer_save(self, send: Send) -> None:
        try:
            await asyncio.to_thread(self._save)
        except OSError as error:
            await _answer(send, _INSUFFICIENT_STORAGE, {"message": str(error)})
        else:
            await _answer(send, 200, {})

    async def _answer_or_refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._wrapped(scope, receive, send)
        except ObjectNotKept as refusal:
            body = f"<Error><Code>{NOT_SAVED}</Code><Message>{escape(str(refusal))}</Message></Error>"
            await _answer_bytes(send, _INSUFFICIENT_STORAGE, "application/xml", body.encode())

    async def _answer_when_saved(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._wrapped(scope, receive, keep)
        try:
            await asyncio.to_thread(self._save)
        except OSError as error:
            logger.exception("after %s", scope["path"])
            said = f"it was done, but is lost when the embedded AWS ends, because its state could not be saved: {error}"
            await _answer(send, _INSUFFICIENT_STORAGE, {"__type": NOT_SAVED, "message": said})
        else:
            for message in answer:
                await send(message)


async def _answer(send: Send, status: int, body: object) -> None:
    await _answer_bytes(send, status, "application/json", json.dumps(body).encode())


async def _answer_bytes(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-type", kind.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
