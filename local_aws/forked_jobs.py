"""An interpreter that has imported a container's libraries, and forks a process for each of its jobs.

``python -m local_aws.forked_jobs SOCKET LIBRARY...``: most of the time of a small job is importing numba or matplotlib.
A fork has them already. The container's own modules are imported anew by every job, so that an edit of theirs counts.

SOCKET is the number of an inherited Unix socket of whole messages (SOCK_SEQPACKET). A job is asked for by a message of
JSON, {"module", "arguments", "environment", "folder"}, with two open files: one that the job only has to hold, and its
log. Answers are {"started": pid} and {"ended": pid, "code": exit code, negative for a signal}. The process ends when
the other end of the socket is closed, or when nobody has asked for ten minutes: what it holds is memory.
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

# A request has a job's environment in it.
MOST_BYTES = 1 << 18
_IDLE_SECONDS = 600.0


@dataclass(frozen=True)
class Job:
    """What a process that was forked has to run."""

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
    """None when there is nobody left to serve; in a forked process its job, with the socket to be closed."""
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
    """Be a process of its own, as one that is started anew: its session, its standard streams."""
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
    with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked is gone, which the next read says
        asked.send(json.dumps(answer).encode())


def _run(job: Job) -> None:
    os.environ.clear()
    os.environ.update(job.environment)
    os.chdir(job.folder)
    tempfile.tempdir = None  # TMPDIR is another one
    sys.argv = ["", *job.arguments]
    runpy.run_module(job.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
