"""What a command says when disk or network let it down: a sentence and a fix, in place of a traceback."""

import errno
import sys
from pathlib import Path

from topx.home import home

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT)
_IN_THE_WAY = (errno.ENOTDIR, errno.EEXIST)


def explain(error: Exception) -> str | None:
    """The sentence for an error of the disk, the network or AWS; None for one that is topx's own mistake."""
    if isinstance(error, OSError):
        return of_storage(error)
    # Whoever has not imported botocore has no error of it.
    botocore = sys.modules.get("botocore.exceptions")
    if botocore is None:
        return None
    if isinstance(error, (botocore.HTTPClientError, botocore.ConnectionError)):
        log = home() / "engine" / "engine.log"
        return f"{error}. If that is the embedded AWS, it has stopped, and any command starts it again; its log: {log}"
    if isinstance(error, (botocore.ClientError, botocore.BotoCoreError)):
        return str(error)
    return None


def of_storage(error: OSError, at: Path | None = None) -> str:
    """What is wrong with a file or folder, and how to fix it.

    Args:
        error: of opening, writing or making it.
        at: which, where the error itself does not say.
    """
    place = error.filename or at or home()
    if error.errno in _FULL:
        return f"the disk of {place} is full: free some space, or set TOPX_HOME to a folder on another disk"
    if error.errno == errno.EFBIG:
        return f"{place} exceeds the file size limit: raise it (ulimit -f)"
    if error.errno in _FORBIDDEN:
        return f"{place} cannot be written ({error.strerror}): get write permission, or set TOPX_HOME to another folder"
    if error.errno in _IN_THE_WAY:
        return f"{place} cannot be: a file is where a folder must be. Move it away, or name another with TOPX_HOME"
    return f"{place}: {error.strerror}" if error.strerror and (error.filename or at) else str(error)
