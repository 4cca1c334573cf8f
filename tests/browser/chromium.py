"""Headless Chromium, controlled with its DevTools protocol over a pair of pipes: no driver, no port, no package."""

import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 60.0
# --remote-debugging-pipe reads commands from descriptor 3 and writes answers to 4.
_LAUNCH = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)


class BrowserFailed(Exception):
    """Chromium ended, did not answer in time, or rejected a command."""


def why_not() -> str | None:
    """Why pages cannot be tested on this machine, or None."""
    missing = "pages are looked at with headless Chromium, which is not here: apt-get install chromium"
    return None if _program() else missing


class Chromium:
    """One running browser; tabs are opened one after another, and their events are kept until they are closed."""

    def __init__(self, process: "subprocess.Popen[bytes]", commands: int, answers: int) -> None:
        self._process, self._commands, self._answers = process, commands, answers
        self._read = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []

    @classmethod
    @contextmanager
    def started(cls, profile: Path) -> Iterator[Self]:
        """A browser with its profile in the folder ``profile``; it is closed at the end of the block."""
        program = _program()
        if program is None:
            raise BrowserFailed(str(why_not()))
        # Chromium gives no sandbox to root or in a container; the pages are our own.
        command = [program, *_FLAGS, "--no-sandbox", f"--user-data-dir={profile}", "about:blank"]
        (theirs_in, commands), (answers, theirs_out) = _pipe(), _pipe()
        with (profile.parent / f"{profile.name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _LAUNCH, str(theirs_in), str(theirs_out), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(theirs_in, theirs_out),
            )
        for descriptor in (theirs_in, theirs_out):
            os.close(descriptor)
        browser = cls(process, commands, answers)
        try:
            yield browser
        finally:
            browser._end()

    @contextmanager
    def tab(self) -> Iterator["Tab"]:
        """A new tab, closed when the block ends."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        try:
            yield Tab(self, session)
        finally:
            self.ask("Target.closeTarget", {"targetId": target})
            self._events.clear()

    def ask(self, method: str, params: Mapping[str, Any], session: str | None = None) -> dict[str, Any]:
        """Send a command and wait for its answer.

        Raises:
            BrowserFailed: if it is rejected, or no answer comes.
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(f"{method} was not answered")
            if answer.get("id") != self._number:
                continue
            if "error" in answer:
                raise BrowserFailed(f"{method}: {answer['error']['message']}")
            result: dict[str, Any] = answer["result"]
            return result

    def wait_for(self, event: str, session: str) -> None:
        """Wait until the tab has reported ``event``, now or before."""
        while not any(one["method"] == event for one in self.events(session)):
            self._next(f"{event} did not come")

    def events(self, session: str) -> list[dict[str, Any]]:
        """What the tab has reported so far: method and params of each event."""
        return [event for event in self._events if event.get("sessionId") == session]

    def _next(self, failure: str) -> dict[str, Any]:
        """The next message; an event is also stored."""
        deadline = time.monotonic() + _SECONDS
        while b"\0" not in self._read:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                raise BrowserFailed(f"{failure} within {_SECONDS:g} s")
            chunk = os.read(self._answers, 1 << 16)
            if not chunk:
                raise BrowserFailed(f"{failure}: chromium has ended, exit code {self._process.wait()}")
            self._read += chunk
        first, self._read = self._read.split(b"\0", 1)
        message: dict[str, Any] = json.loads(first)
        if "method" in message:
            self._events.append(message)
        return message

    def _end(self) -> None:
        # Closing the pipe makes it exit.
        os.close(self._commands)
        try:
            self._process.wait(_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._answers)


class Tab:
    """One tab of a browser."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser, self._session = browser, session

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command to this tab; its answer."""
        return self._browser.ask(method, params, self._session)

    def load(self, url: str) -> None:
        """Go to ``url`` and wait until it is completely loaded."""
        failure = self.ask("Page.navigate", url=url).get("errorText")
        if failure:
            raise BrowserFailed(f"{url}: {failure}")
        self._browser.wait_for("Page.loadEventFired", self._session)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression, or what its promise resolves to."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserFailed(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def events(self, method: str) -> list[dict[str, Any]]:
        """The params of the events with this name so far."""
        return [event["params"] for event in self._browser.events(self._session) if event["method"] == method]


def _program() -> str | None:
    return next((found for found in map(shutil.which, _NAMES) if found), None)


def _pipe() -> tuple[int, int]:
    """Both ends of a pipe, with descriptors that the launch does not overwrite."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]
