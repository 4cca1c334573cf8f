"""An interpreter with a container's libraries imported, which forks a process for each job.

``python -m local_aws.forked_jobs SOCKET LIBRARY...``: a small job spends most of its time importing numba or
matplotlib. A fork has them already. The container's own modules are imported by every job, so that edits take effect.

SOCKET is the number of an inherited Unix socket of whole messages (SOCK_SEQPACKET). A request for a job is a JSON
message, {"module", "arguments", "environment", "folder"}, with two open files: one that the job only has to hold open,
and its log. Answers are {"started": pid} and {"ended": pid, "code": exit code, negative for a signal}. The process ends
when the other end of the socket is closed, or after ten minutes without a request, because it occupies memory.
"""

import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

# A request contains a job's environment.
MOST_BYTES = 1 << 18
_IDLE_SECONDS = 600.0


@dataclass(frozen=True)
class Job:
    """What a forked process has to run."""

    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str


def main() -> None:
    """Serve until the socket closes; in a forked process, run its job."""
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        for library in sys.argv[2:]:
            importlib.import_module(library)
        job = _serve(asked)
    if job is not None:
        _run(job)


def _serve(asked: socket.socket) -> Job | None:
    """Returns None when there are no more clients; in a forked process its job, with the socket to close."""
    woken, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: set[int] = set()
    poll = select.poll()
    for descriptor in (asked.fileno(), woken):
        poll.register(descriptor, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll(1_000 * _IDLE_SECONDS)}
        if not ready and not running:
            return None
        if woken in ready:
            with suppress(BlockingIOError):
                os.read(woken, 4096)
            running -= _report_ended(asked, running)
        if asked.fileno() in ready:
            message, files, _, _ = socket.recv_fds(asked, MOST_BYTES, 2)
            if not message:
                return None
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for descriptor in (woken, wakes):
                    os.close(descriptor)
                _take(files[1])
                return Job(**json.loads(message))
            for descriptor in files:
                os.close(descriptor)
            running.add(pid)
            _say(asked, {"started": pid})


def _take(log: int) -> None:
    """Become independent, like a newly started process: own session, own standard streams."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, standard in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, standard)
    for descriptor in (nothing, log):
        os.close(descriptor)


def _report_ended(asked: socket.socket, running: set[int]) -> set[int]:
    ended = set()
    for job in running:
        pid, status = os.waitpid(job, os.WNOHANG)
        if pid:
            ended.add(pid)
            _say(asked, {"ended": pid, "code": os.waitstatus_to_exitcode(status)})
    return ended


def _say(asked: socket.socket, answer: dict[str, Any]) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # the client is gone, as the next read will show
        asked.send(json.dumps(answer).encode())


def _run(job: Job) -> None:
    os.environ.clear()
    os.environ.update(job.environment)
    os.chdir(job.folder)
    tempfile.tempdir = None  # TMPDIR has changed
    sys.argv = ["", *job.arguments]
    runpy.run_module(job.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
