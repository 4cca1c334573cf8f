"""The embedded AWS as a process of its own: started once, found again by every later command, stopped without loss."""

import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from topx.home import REPOSITORY
from topx.local.engine_home import EngineHome
from topx.problem import Problem

REGION = "us-east-1"
ACCOUNT = "000000000000"
DEFAULT_PORT = 4566
HOST = "127.0.0.1"
SECONDS_TO_START = 60.0
SECONDS_TO_STOP = 120.0
_POLL_SECONDS = 0.03


class EngineFailed(Problem):
    """The engine did not start or stop; the message says what to do."""


@dataclass(frozen=True)
class RunningEngine:
    """Where the engine answers, for which region and account, and its process id."""

    endpoint: str
    region: str
    account: str
    pid: int


def ensure_running(home: EngineHome | None = None, *, launcher: str = "topx.local.engine_process") -> RunningEngine:
    """The engine of ``home``, started if it is not up; commands that ask at once start one.

    ``TOPX_PORT`` asks for a port; otherwise the last one is taken again, or 4566, or any that is free.

    Args:
        home: whose engine; ``.topx`` or ``TOPX_HOME`` when left out.
        launcher: the module to start, for tests with containers of their own.

    Raises:
        EngineFailed: when it does not come up, or the port asked for is taken.
    """
    home = home or EngineHome.default()
    home.make_folders()
    with _locked(home.start_lock):
        running = status(home)
        if running is None:
            process = _start(home, launcher, _free_port(home))
            running = _wait_until_ready(home, process)
        return running


def status(home: EngineHome | None = None) -> RunningEngine | None:
    """The engine of ``home``, or None when it does not run."""
    home = home or EngineHome.default()
    if not _is_locked(home.running_lock):
        return None
    try:
        address = json.loads(home.address.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # It has taken the lock and not yet said where it listens.
    return RunningEngine(f"http://{HOST}:{address['port']}", address["region"], address["account"], address["pid"])


def stop(home: EngineHome | None = None, *, seconds: float = SECONDS_TO_STOP) -> bool:
    """Stop the engine by SIGTERM and wait until its state is written; whether one was running.

    Raises:
        EngineFailed: when it has not ended after ``seconds``. It is never killed, because that loses state.
    """
    home = home or EngineHome.default()
    if not home.engine.exists():
        return False
    with _locked(home.start_lock):
        running = status(home)
        if running is None:
            return False
        os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while _is_locked(home.running_lock):
            if time.monotonic() > deadline:
                raise EngineFailed(
                    f"the engine (process {running.pid}) has not ended after {seconds:g} s: it may still be writing "
                    f"its state. Wait and stop it again; killing it loses what was not saved. Its log: {home.log}"
                )
            time.sleep(_POLL_SECONDS)
    return True


def save_state(running: RunningEngine) -> None:
    """Write the engine's state now, so that nothing done so far is lost even if it is killed.

    Raises:
        EngineFailed: when the engine does not answer, or its state would not hold still.
    """
    request = urllib.request.Request(f"{running.endpoint}/_topx/save", method="POST")  # noqa: S310 - http, to ourselves
    try:
        with _direct().open(request, timeout=SECONDS_TO_STOP):
            pass
    except OSError as error:
        raise EngineFailed(f"the engine could not save its state: {error}; see its log") from error


def _start(home: EngineHome, launcher: str, port: int) -> "subprocess.Popen[bytes]":
    home.address.unlink(missing_ok=True)
    with home.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", launcher],
            cwd=REPOSITORY,
            env=_environment(home, port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _environment(home: EngineHome, port: int) -> dict[str, str]:
    """The engine's environment: none of this machine's AWS settings, ministack's own ones instead."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    exempt = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), HOST, "localhost")))
    return {
        **kept,
        "TOPX_HOME": str(home.root),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.objects),
        "TMPDIR": str(home.temporary),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        # Listeners that topx has no use for.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # With a docker daemon at hand ministack would sweep its containers; here it is never looked for.
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        # The Lambda functions inherit these: no profile of this machine's user, no proxy to the engine.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": exempt,
        "no_proxy": exempt,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
    }


def _wait_until_ready(home: EngineHome, process: "subprocess.Popen[bytes]") -> RunningEngine:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        running = status(home)
        if running is not None and running.pid == process.pid and _answers(running):
            return running
        if process.poll() is not None:
            raise EngineFailed(f"the engine ended at once (exit code {process.returncode}):\n{_last_words(home.log)}")
        time.sleep(_POLL_SECONDS)
    process.terminate()
    raise EngineFailed(f"the engine did not answer within {SECONDS_TO_START:g} s; see {home.log}")


def _answers(running: RunningEngine) -> bool:
    try:
        with _direct().open(f"{running.endpoint}/_topx/health", timeout=5) as answer:
            return bool(json.load(answer)["pid"] == running.pid)
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return False


def _direct() -> urllib.request.OpenerDirector:
    """Requests to the engine never go through a proxy."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def _free_port(home: EngineHome) -> int:
    asked = os.environ.get("TOPX_PORT")
    if asked:
        if not asked.isdigit() or not 1 <= int(asked) <= 65_535:
            raise EngineFailed(f"TOPX_PORT must be a port, 1..65535, got {asked!r}")
        if not _is_free(int(asked)):
            raise EngineFailed(f"TOPX_PORT asks for port {asked}, which is taken: stop what listens there, or unset it")
        return int(asked)
    for port in (_last_port(home), DEFAULT_PORT):
        if port and _is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _last_port(home: EngineHome) -> int | None:
    try:
        return int(json.loads(home.address.read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, KeyError):
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the engine's server does, so that a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _is_locked(path: Path) -> bool:
    """Whether a living process holds the lock; the kernel lets go of it when the process ends, killed or not."""
    try:
        with path.open() as guard:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
