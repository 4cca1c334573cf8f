"""What the embedded AWS keeps belongs to its owner alone: folders 0700, files 0600 or, of programs, 0700."""

import os
import stat
from contextlib import suppress
from pathlib import Path

# Every right of the group and of everybody else.
OTHERS = 0o077


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


def close_what_is_ours(folder: Path, ours: frozenset[str]) -> None:
    """Close the entries of ``folder`` that are called so, and the folder itself if it holds nothing else.

    A folder that somebody named may hold other things, too: those are none of our business.

    Raises:
        OSError: when one cannot be closed.
    """
    entries = list(folder.iterdir())
    found = [entry for entry in entries if entry.name in ours]
    for place in [folder] if len(found) == len(entries) else found:
        close(place)


def _close_one(path: Path) -> None:
    mode = path.lstat().st_mode
    if not stat.S_ISLNK(mode) and mode & OTHERS:
        path.chmod(stat.S_IMODE(mode) & ~OTHERS)
