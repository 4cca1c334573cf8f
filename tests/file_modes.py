"""The permissions of files for other users."""

import stat
from pathlib import Path


def open_to_others(folder: Path) -> dict[str, str]:
    """Everything that is not accessible to its owner only, including the folder itself: mode by path."""
    modes = {path: path.lstat().st_mode for path in (folder, *folder.rglob("*"))}
    found = {path: mode for path, mode in modes.items() if not stat.S_ISLNK(mode) and stat.S_IMODE(mode) & 0o077}
    return {str(path): stat.filemode(mode) for path, mode in found.items()}
