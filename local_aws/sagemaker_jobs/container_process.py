"""A container as a process group: started with a clean environment, monitored, and always terminated."""

import fcntl
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol

from local_aws.places import CONTAINER_HOME, ROOT, compiled
from local_aws.sagemaker_jobs.endings import Ending, JobStopped, Watch

# SageMaker allows 120 s between SIGTERM and SIGKILL, too long to wait on a laptop.
GRACE_SECONDS = 5.0
# Interval of checks whether a job must be stopped; that it has ended by itself is noticed at once.
_SECONDS_BETWEEN_LOOKS = 0.1


def clean_environment(tree: Path, *, extra: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a container's process: nothing of this machine's environment, no AWS variables.

    Args:
        tree: the container's ``/opt/ml``.
        extra: the container's own variables.
        own: the engine's environment; only PATH is taken from it.
    """
    return {
        "PATH": own.get("PATH", os.defpath),
        "HOME": str(CONTAINER_HOME),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "NUMBA_CACHE_DIR": str(compiled()),
        "TMPDIR": str(tree / "tmp"),
        "OPT_ML": str(tree),
        **extra,
    }


class Started(Protocol):
    """A started process: the part of ``subprocess.Popen`` that is needed here."""

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; ``subprocess.TimeoutExpired`` if it has not ended in this many seconds."""

    def wait_at_most(self, seconds: float) -> None:
        """Return as soon as it has ended, at the latest after this many seconds."""


Start = Callable[[IO[Any], IO[Any]], Started]


class Program(subprocess.Popen[bytes]):
    """A command as a new program, with only this environment."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], held: IO[Any], log: IO[Any]) -> None:
        super().__init__(
            list(command),
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(held.fileno(),),
        )

    def wait_at_most(self, seconds: float) -> None:
        """Unlike ``wait``, which polls if it has a timeout."""
        ends_within(self.pid, seconds)


def ends_within(pid: int, seconds: float | None) -> None:
    """Return as soon as a process has ended, at the latest after this many seconds; None waits without limit.

    Raises:
        ProcessLookupError: if there is no such process.
    """
    descriptor = os.pidfd_open(pid)
    try:
        # Not select, which does not support descriptors from 1,024 on.
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll(None if seconds is None else 1_000 * seconds)
    finally:
        os.close(descriptor)


class ContainerProcess:
    """One running container. Whoever starts one must ``end`` it, even if it has finished by itself."""

    def __init__(self, start: Start, log: Path, record: Path) -> None:
        """Start it.

        Args:
            start: starts the process, in a session of its own, with a file to hold open and its log.
            log: receives its standard output and error, appended.
            record: a file that the process keeps locked while it lives, for a later engine in case this one is killed.
        """
        self._record = record
        self._ended = threading.Lock()
        # The process inherits the lock, so it is held exactly as long as the process lives: see orphans.py.
        with record.open("w") as guard, log.open("ab") as output:
            fcntl.flock(guard, fcntl.LOCK_EX)
            self._process = start(guard, output)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative if a signal ended it."""
        return self._process.poll()

    def wait(self, watch: Watch) -> int:
        """Wait for its end; returns the exit code as a container reports it, 128 + the signal number if a signal ended
        it.

        Raises:
            JobStopped: if ``watch`` gave a reason to stop it; its whole group has ended then.
        """
        while (code := self.exit_code) is None:
            ending = watch()
            if ending is not None:
                self.end()
                raise JobStopped(ending)
            self._process.wait_at_most(_SECONDS_BETWEEN_LOOKS)
        return code if code >= 0 else 128 - code

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[list[Ending]]:
        """Stop it as soon as ``watch`` gives a reason, while the caller uses it; the list then has the reason."""
        found: list[Ending] = []
        done = threading.Event()

        def keep_watch() -> None:
            while not done.wait(_SECONDS_BETWEEN_LOOKS):
                ending = watch()
                if ending is not None:
                    found.append(ending)
                    self.end()
                    return

        thread = threading.Thread(target=keep_watch, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            done.set()
            thread.join()

    def end(self) -> None:
        """End all processes of its group: SIGTERM, and SIGKILL for those left after the grace period."""
        with self._ended:
            if self._process.poll() is None:
                _signal_group(self._process.pid, signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(GRACE_SECONDS)
            # Even if the leader has ended: a container ends with its first process.
            _signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._record.unlink(missing_ok=True)


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def deadline_watch(seconds: float, watch: Watch) -> Watch:
    """``watch``, combined with the job's own MaxRuntimeInSeconds from now on."""
    deadline = time.monotonic() + seconds

    def either() -> Ending | None:
        return watch() or (Ending.RUNTIME_EXCEEDED if time.monotonic() > deadline else None)

    return either
