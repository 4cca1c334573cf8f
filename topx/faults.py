"""Turns disk and network errors of a command into a sentence and a fix, instead of a traceback."""

import errno
import sys
from pathlib import Path

from topx.home import home

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT)
_IN_THE_WAY = (errno.ENOTDIR, errno.EEXIST)


def explain(error: Exception) -> str | None:
    """The sentence for an error of the disk, the network or AWS; None for a bug in topx."""
    if isinstance(error, OSError):
        return of_storage(error)
    # If botocore was never imported, the error is not botocore's.
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
    """What is wrong with a file or folder, and the fix.

    Args:
        error: from opening, writing or creating it.
        at: its path, if the error itself does not have it.
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
