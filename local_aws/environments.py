"""Virtual environments built once from a folder's own hash-locked requirements."""

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

from uv import find_uv_bin

from local_aws import owner_only
from local_aws.places import ENVIRONMENTS, ROOT

PYTHON_VERSION = "3.11"
# Copies, because an environment is accessible to its owner only, and a link into uv's cache would change the cached
# file's permissions as well.
_UV_SETTINGS = {"UV_NO_PROGRESS": "1", "UV_LINK_MODE": "copy"}


class EnvironmentFailed(Exception):
    """A virtual environment could not be built; the message has the installer's output."""


def interpreter(folder: str, *, home: Path = ENVIRONMENTS) -> Path:
    """The Python of the environment for ``folder/requirements.lock``, built if it does not exist.

    A changed lock file results in a new environment. Concurrent processes build it once.

    Raises:
        EnvironmentFailed: if the installer fails.
    """
    lock = ROOT / folder / "requirements.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    environment = home / f"{folder.replace('/', '-')}-{digest}"
    python = environment / "bin" / "python"
    complete = environment / ".complete"
    if complete.exists():
        return python
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"{environment.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not complete.exists():
            _uv("venv", "--quiet", "--clear", "--python", PYTHON_VERSION, str(environment))
            _uv("pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(lock))
            owner_only.close(environment)
            complete.touch(mode=0o600)
    return python


def _uv(*arguments: str) -> None:
    finished = subprocess.run(
        [find_uv_bin(), *arguments], capture_output=True, text=True, env={**os.environ, **_UV_SETTINGS}
    )
    if finished.returncode:
        raise EnvironmentFailed(f"uv {' '.join(arguments)} failed: {finished.stderr.strip()}")
