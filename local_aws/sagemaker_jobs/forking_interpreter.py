"""The engine's side of local_aws/forked_jobs.py: an interpreter for each container, and the processes that it forks."""

import json
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from local_aws import forked_jobs
from local_aws.places import ROOT
from local_aws.sagemaker_jobs.container_process import ends_within

# If an interpreter was killed, its processes' exit codes are unknown.
_LOST = -signal.SIGKILL


class ForkedProcess:
    """A process started by a forking interpreter, with the part of ``subprocess.Popen`` that a container needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: if it has not ended in this many seconds.
        """
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        assert self._code is not None
        return self._code

    def wait_at_most(self, seconds: float) -> None:
        """Return as soon as it has ended, at the latest after this many seconds."""
        self._ended.wait(seconds)

    def has_ended(self, code: int) -> None:
        """Called when the interpreter reports its end."""
        self._code = code
        self._ended.set()

    def end_as_lost(self) -> None:
        """Wait for the end of a process whose interpreter is gone, so that its exit code is unknown."""
        with suppress(ProcessLookupError):
            ends_within(self.pid, None)
        self.has_ended(_LOST)


class ForkingInterpreter:
    """One container's interpreter. It lives until it is closed, or killed from outside."""

    def __init__(self, python: str, libraries: Sequence[str], environment: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [python, "-m", forked_jobs.__name__, str(theirs.fileno()), *libraries],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )
        self._socket = ours
        self._asking = threading.Lock()
        self._started: deque[ForkedProcess] = deque()
        self._answered = threading.Condition()
        self._running: dict[int, ForkedProcess] = {}
        self._gone = False
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it can start processes."""
        return not self._gone

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], held: IO[Any], log: IO[Any]
    ) -> ForkedProcess | None:
        """Run a module as a process in its own session; None if the interpreter is gone.

        Args:
            command: the module, and its arguments.
            held: a file that the process holds open as long as it lives.
            log: receives its standard output and error.
        """
        job = {
            "module": command[0],
            "arguments": list(command[1:]),
            "environment": dict(environment),
            "folder": str(ROOT),
        }
        with self._asking:  # answers come in the order of requests
            try:
                socket.send_fds(self._socket, [json.dumps(job).encode()], [held.fileno(), log.fileno()])
            except OSError:
                self._gone = True
                return None
            with self._answered:
                self._answered.wait_for(lambda: self._started or self._gone)
                return self._started.popleft() if self._started else None

    def close(self) -> None:
        """End it. Its processes continue, but their ends are not reported."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait()

    def _listen(self) -> None:
        with self._socket:
            while message := self._next():
                answer = json.loads(message)
                with self._answered:
                    if "started" in answer:
                        process = self._running[answer["started"]] = ForkedProcess(answer["started"])
                        self._started.append(process)
                    else:
                        self._running.pop(answer["ended"]).has_ended(answer["code"])
                    self._answered.notify_all()
        self._process.wait()
        with self._answered:
            self._gone = True
            self._answered.notify_all()
            left = list(self._running.values())
        for process in left:
            threading.Thread(target=process.end_as_lost, daemon=True).start()

    def _next(self) -> bytes:
        try:
            return self._socket.recv(forked_jobs.MOST_BYTES)
        except OSError:
            return b""
