"""Makes files of the embedded AWS accessible only to their owner: folders 0700, files 0600 or, for programs, 0700."""

import os
import stat
from contextlib import suppress
from pathlib import Path

# All permissions of the group and of others.
OTHERS = 0o077


def close(path: Path) -> None:
    """Remove all permissions of others from a file, or from a folder and everything in it.

    For files that the umask does not cover: those copied or unpacked with their modes, and homes created by an earlier
    version. Symbolic links are skipped, and so are files of other users: nobody can reach them through a closed folder.

    Raises:
        OSError: if ``path`` itself cannot be closed.
    """
    root = path.resolve()
    _close_one(root)
    for place, folders, files in os.walk(root):
        for name in (*folders, *files):
            with suppress(FileNotFoundError, PermissionError):
                _close_one(Path(place, name))


def close_what_is_ours(folder: Path, ours: frozenset[str]) -> None:
    """Close the entries of ``folder`` with these names, and the folder itself if it has no others.

    A folder chosen by the user may have other files, too: those are left alone.

    Raises:
        OSError: if one cannot be closed.
    """
    entries = list(folder.iterdir())
    found = [entry for entry in entries if entry.name in ours]
    for place in [folder] if len(found) == len(entries) else found:
        close(place)


def _close_one(path: Path) -> None:
    mode = path.lstat().st_mode
    if not stat.S_ISLNK(mode) and mode & OTHERS:
        path.chmod(stat.S_IMODE(mode) & ~OTHERS)
