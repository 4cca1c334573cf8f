"""The process of the embedded AWS: started once, found by every later command, stopped without losing data."""

import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from local_aws import engine_port, home_secret
from local_aws.engine_home import EngineHome
from local_aws.places import ROOT
from local_aws.problem import EmbeddedAwsProblem
from local_aws.running_engine import KeyRefused, RunningEngine, StateNotSaved

REGION = "us-east-1"
ACCOUNT = "000000000000"
HOST = engine_port.HOST
SECONDS_TO_START = 60.0
SECONDS_TO_STOP = 120.0
# The exit code of an engine that gives the reason for not starting on its last line.
DECLINED = 78
# An environment variable for whoever starts an engine: a module, whose ``install`` the engine calls before it takes
# requests. Tests use it to cause events that rarely happen.
HOOK = "LOCAL_AWS_HOOK"
_ATTEMPTS = 3
_POLL_SECONDS = 0.03


class EngineFailed(EmbeddedAwsProblem):
    """The engine did not start or stop; the message says what to do."""


def ensure_running(
    home: EngineHome, *, port: int | None = None, launcher: str = "local_aws.engine_process"
) -> RunningEngine:
    """The engine of ``home``, started if it is not running; concurrent commands start only one.

    Args:
        home: the engine's home.
        port: where to listen if it is started; by default, the last port, or 4566, or any free one.
        launcher: the module to start, for tests with their own containers.

    Raises:
        EngineFailed: if it does not start.
        KeyRefused: if the running one does not accept this home's key.
        PortRefused: if the requested port is not available.
        OSError: if its home cannot be written; its ``filename`` is the file or folder.
    """
    home.make_folders()
    with _locked(home.start_lock):
        running = status(home)
        if running is None:
            return _start(home, port, launcher)
    _recognize(running, home)
    return running


def status(home: EngineHome) -> RunningEngine | None:
    """The engine of ``home``, or None if it is not running."""
    if not _is_locked(home.running_lock):
        return None
    try:
        address = json.loads(home.address.read_text(encoding="utf-8"))
        place = f"http://{HOST}:{address['port']}", address["region"], address["account"], address["pid"]
    except FileNotFoundError:
        return None  # it has the lock but has not yet written its address
    except (ValueError, LookupError, TypeError) as error:
        raise EngineFailed(
            f"{home.address} does not say where the running engine listens ({error}): put in "
            f'{{"pid": …, "port": …, "region": "{REGION}", "account": "{ACCOUNT}"}}, or end the process that holds '
            f"{home.running_lock} by SIGTERM"
        ) from error
    return RunningEngine(*place, home_secret.administrator(home))


def stop(home: EngineHome, *, seconds: float = SECONDS_TO_STOP) -> bool:
    """Save the engine's state, stop it by SIGTERM and wait until it has ended; returns whether it was running.

    Raises:
        EngineFailed: if it cannot save, and so is not stopped, or if it has not ended after ``seconds``. It is never
            killed, because that loses state.
    """
    if not home.engine.exists():
        return False
    with _locked(home.start_lock):
        running = status(home)
        if running is None:
            return False
        deadline = time.monotonic() + seconds
        try:
            running.save(seconds)
        except StateNotSaved as refusal:
            raise EngineFailed(f"the engine is not stopped, because it would forget: {_unsaved(refusal)}") from refusal
        except (OSError, http.client.HTTPException):
            pass  # it does not answer: it saves again when it is told to stop
        os.kill(running.pid, signal.SIGTERM)
        while _is_locked(home.running_lock):
            if time.monotonic() > deadline:
                raise EngineFailed(
                    f"the engine (process {running.pid}) has not ended after {seconds:g} s: it may still be writing "
                    f"its state. Wait and stop it again; killing it loses what was not saved. Its log: {home.log}"
                )
            time.sleep(_POLL_SECONDS)
    return True


def save_state(running: RunningEngine) -> None:
    """Save the engine's state now, so that nothing done so far is lost even if it is killed.

    Raises:
        EngineFailed: if the engine does not answer, or could not save.
    """
    try:
        running.save(SECONDS_TO_STOP)
    except StateNotSaved as refusal:
        raise EngineFailed(f"what was done is lost when the engine ends: {_unsaved(refusal)}") from refusal
    except (OSError, http.client.HTTPException) as error:
        raise EngineFailed(f"the engine does not answer, so its state is not saved: {error}; see its log") from error


def _unsaved(refusal: StateNotSaved) -> str:
    return f"its state could not be saved ({refusal}). Make room, then stop it"


def _recognize(running: RunningEngine, home: EngineHome) -> None:
    """Check that the process that answers is the engine of this home; whether it answers at all is checked later.

    Raises:
        KeyRefused: if it is another one.
    """
    with suppress(OSError, http.client.HTTPException):
        if not running.is_of(home.root):
            raise running.key_refused()


def _start(home: EngineHome, asked: int | None, launcher: str) -> RunningEngine:
    """Start one; on another port if ours was taken at the same moment.

    Raises:
        EngineFailed: if it does not start.
        OSError: if the disk rejects its first writes.
    """
    home.prove_writable()
    for _ in range(_ATTEMPTS):
        port = engine_port.choose(home, asked)
        said_before = home.log.stat().st_size if home.log.exists() else 0
        process = _launch(home, launcher, port)
        running = _wait_until_ready(home, process)
        if running is not None:
            return running
        if process.returncode == DECLINED or engine_port.is_free(port):
            break
    words = _last_words(home.log, said_before)
    if process.returncode == DECLINED and words:
        raise EngineFailed(f"the embedded AWS cannot start: {words[-1]}")
    raise EngineFailed(f"the engine ended at once (exit code {process.returncode}):\n" + "\n".join(words))


def _launch(home: EngineHome, launcher: str, port: int) -> "subprocess.Popen[bytes]":
    with home.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", launcher, str(home.root)],
            cwd=ROOT,
            env=_environment(home, port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _environment(home: EngineHome, port: int) -> dict[str, str]:
    """The engine's environment: this machine's AWS settings are replaced by ministack's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    exempt = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), HOST, "localhost")))
    return {
        **kept,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.objects),
        "TMPDIR": str(home.temporary),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        # Every call is authorized; the account's own key is the administrator's.
        "AUTH": "true",
        # Listeners that are not needed here.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # With a docker daemon, ministack would remove its containers; this disables the search for one.
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        # The Lambda functions inherit these: no profile of this machine's user, no proxy to the engine.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": exempt,
        "no_proxy": exempt,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def _wait_until_ready(home: EngineHome, process: "subprocess.Popen[bytes]") -> RunningEngine | None:
    """The engine as soon as it answers; None if its process has ended."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        running = status(home)
        if running is not None and running.pid == process.pid and _answers(running, home):
            return running
        if process.poll() is not None:
            return None
        time.sleep(_POLL_SECONDS)
    process.terminate()
    raise EngineFailed(f"the engine did not answer within {SECONDS_TO_START:g} s; see {home.log}")


def _answers(running: RunningEngine, home: EngineHome) -> bool:
    try:
        return running.is_of(home.root)
    except (OSError, http.client.HTTPException, KeyRefused):
        return False


def _last_words(log: Path, since: int) -> list[str]:
    """The last lines of ``log`` after its first ``since`` bytes."""
    with log.open("rb") as file:
        file.seek(since)
        return file.read().decode("utf-8", errors="replace").splitlines()[-15:]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _is_locked(path: Path) -> bool:
    """Whether a living process holds the lock; the kernel releases it when the process ends, killed or not."""
    try:
        with path.open() as guard:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
