"""What topx keeps on this machine belongs to its owner alone: folders 0700, files 0600 or, of programs, 0700."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Every right of the group and of everybody else.
_OTHERS = 0o077


@contextmanager
def umask() -> Iterator[None]:
    """Whatever this process makes inside the block, and the processes that it starts, is its owner's alone."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def close(path: Path) -> None:
    """Take every right of others from a file, or from a folder and all that is in it.

    For what the umask does not reach: files that were copied or unpacked with their modes, and homes that an earlier
    version made. Symbolic links are left alone, and so is what belongs to somebody else: nobody gets to it through a
    closed folder.

    Raises:
        OSError: when ``path`` itself cannot be closed.
    """
    root = path.resolve()
    _close_one(root)
    for place, folders, files in os.walk(root):
        for name in (*folders, *files):
            with suppress(FileNotFoundError, PermissionError):
                _close_one(Path(place, name))


def _close_one(path: Path) -> None:
    mode = path.lstat().st_mode
    if not stat.S_ISLNK(mode) and mode & _OTHERS:
        path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
