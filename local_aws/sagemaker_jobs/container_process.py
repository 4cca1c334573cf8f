"""A container as a process group: started with a clean environment, watched, and never left behind."""

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

# SageMaker gives 120 s between SIGTERM and SIGKILL; nobody wants to wait for that at a laptop.
GRACE_SECONDS = 5.0
# Between two looks at whether a job must end; that it has ended by itself is known at once.
_SECONDS_BETWEEN_LOOKS = 0.1


def clean_environment(tree: Path, *, extra: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """What a container's process sees: nothing of this machine's environment, no AWS variables.

    Args:
        tree: its ``/opt/ml``.
        extra: the container's own variables.
        own: the engine's environment, of which it gets the PATH.
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
    """A process that was started: what of ``subprocess.Popen`` is needed here."""

    @property
    def pid(self) -> int:
        """Its number, which is that of its group as well."""

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; ``subprocess.TimeoutExpired`` when it has not ended in so many seconds."""

    def wait_at_most(self, seconds: float) -> None:
        """Return as soon as it has ended, and after so many seconds at the latest."""


Start = Callable[[IO[Any], IO[Any]], Started]


class Program(subprocess.Popen[bytes]):
    """A command as a new program, with that environment and no other."""

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
        """Not ``wait``, which with a time-out looks again and again."""
        ends_within(self.pid, seconds)


def ends_within(pid: int, seconds: float | None) -> None:
    """Return as soon as a process has ended, and after so many seconds at the latest; None waits for ever.

    Raises:
        ProcessLookupError: when there is none of that number.
    """
    descriptor = os.pidfd_open(pid)
    try:
        # Not select, which takes no descriptors from 1,024 on.
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll(None if seconds is None else 1_000 * seconds)
    finally:
        os.close(descriptor)


class ContainerProcess:
    """One running container. Whoever starts one must ``end`` it, also when it has finished by itself."""

    def __init__(self, start: Start, log: Path, record: Path) -> None:
        """Start it.

        Args:
            start: starts the process, in a session of its own, with a file that it is to hold and its log.
            log: takes its standard output and error, appended.
            record: a file that the process holds locked while it lives, for a later engine, should this one be killed.
        """
        self._record = record
        self._ended = threading.Lock()
        # The process inherits the lock, so it is held for exactly as long as the process lives: see orphans.py.
        with record.open("w") as guard, log.open("ab") as output:
            fcntl.flock(guard, fcntl.LOCK_EX)
            self._process = start(guard, output)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    def wait(self, watch: Watch) -> int:
        """Wait for its end; the exit code as a container reports it, 128 + the number of a signal that ended it.

        Raises:
            JobStopped: when ``watch`` found a reason to end it; then its whole group is gone.
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
        """End it as soon as ``watch`` says so, while the caller talks to it; the list then holds the reason."""
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
        """Leave no process of its group alive: SIGTERM, and SIGKILL for what is left after the grace period."""
        with self._ended:
            if self._process.poll() is None:
                _signal_group(self._process.pid, signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(GRACE_SECONDS)
            # Also when the leader is gone: a container ends with its first process.
            _signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._record.unlink(missing_ok=True)


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def deadline_watch(seconds: float, watch: Watch) -> Watch:
    """``watch``, and from now on the job's own MaxRuntimeInSeconds."""
    deadline = time.monotonic() + seconds

    def either() -> Ending | None:
        return watch() or (Ending.RUNTIME_EXCEEDED if time.monotonic() > deadline else None)

    return either
