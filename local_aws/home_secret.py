"""The secret of a home, and the administrator's key derived from it.

Whoever can read the file has full access to the home's embedded AWS; nobody else has any.
"""

import base64
import fcntl
import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials

_BYTES = 32
_FORM = re.compile(rf"[0-9a-f]{{{2 * _BYTES}}}\n")


def administrator(home: EngineHome) -> RoleCredentials:
    """The key of the administrator of ``home``'s embedded AWS; the secret is created if there is none.

    A file that is damaged, or was readable by others, is replaced.

    Raises:
        OSError: when the file can neither be read nor written.
    """
    secret = _read(home.secret) or _made(home.secret)
    key = base64.b32encode(_derived(secret, "access key")).decode()[:16]
    return RoleCredentials(f"AKIA{key}", base64.b64encode(_derived(secret, "secret key")).decode()[:40], None)


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, purpose.encode(), hashlib.sha256)


def _read(path: Path) -> bytes | None:
    """The secret, or None if the file is missing or not trustworthy."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            status = os.fstat(file.fileno())
            text = file.read(2 * _BYTES + 2)
    except FileNotFoundError:
        return None
    ours = status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077
    return bytes.fromhex(text.strip()) if ours and _FORM.fullmatch(text) else None


def _made(path: Path) -> bytes:
    """Creates a secret in ``path``; two concurrent processes get the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        return _read(path) or _written(path, secrets.token_bytes(_BYTES))
    finally:
        os.close(folder)


def _written(path: Path, secret: bytes) -> bytes:
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"{secret.hex()}\n")
    draft.replace(path)
    return secret
