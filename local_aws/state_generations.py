"""The engine's state on disk: complete or absent, whenever the machine stops."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from local_aws.problem import EmbeddedAwsProblem

# The current generation, and the previous one to fall back to.
_KEPT = 2


class StateUnreadable(EmbeddedAwsProblem):
    """A file of the saved state cannot be used; the message says which, why, and what to do."""


class StateGenerations:
    """Numbered folders with one file for each service, and the logs of table items; the highest number is current.

    All files of a generation were saved together. A folder gets its number by a single rename, after all its files have
    reached the disk, so that if a process is killed while saving, or the disk is full, the previous generation remains.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def newest(self) -> Path | None:
        """The folder of the current generation, or None if nothing was ever saved."""
        numbered = self._numbered()
        return numbered[-1] if numbered else None

    def read(self) -> dict[str, bytes]:
        """The newest generation: each service's file, by service.

        Raises:
            StateUnreadable: if a file cannot be read.
        """
        newest = self.newest
        if newest is None:
            return {}
        found = {}
        for path in sorted(newest.glob("*.json")):
            try:
                found[path.stem] = path.read_bytes()
            except OSError as error:
                raise self.unreadable(path.stem, error.strerror or str(error)) from error
        return found

    def write(self, services: Mapping[str, bytes | None], logs: Iterable[Path] = ()) -> None:
        """Make ``services`` the newest generation.

        Args:
            services: each service's file; None for an unchanged one, which is linked instead of written.
            logs: append-only files that have reached the disk, which are linked as well: a generation records the
                length that belongs to it.

        Raises:
            OSError: if the disk rejects it; the previous generation is still current, and complete.
        """
        newest = self.newest
        number = int(newest.name) + 1 if newest else 1
        draft = self._folder / f"{number}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir()
            for service, content in services.items():
                file = draft / f"{service}.json"
                if content is not None:
                    _write_to_disk(file, content)
                elif newest is not None:
                    file.hardlink_to(newest / file.name)
            for log in logs:
                (draft / log.name).hardlink_to(log)
            _sync_folder(draft)
            draft.rename(self._folder / str(number))
            _sync_folder(self._folder)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        for old in self._numbered()[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def unreadable(self, service: str, why: str) -> StateUnreadable:
        """The error for an incomplete state: starting without it would lose it."""
        newest, before = self._numbered()[-1], self._numbered()[:-1]
        fix = f"Put the file back from a copy, or remove the folder {newest} to begin "
        fix += f"with the state saved before it, {before[-1].name}." if before else "anew: what was published is lost."
        return StateUnreadable(
            f"the saved state {newest / service}.json cannot be read ({why}), and the embedded AWS does not start "
            f"without it, because the next save would lose what it holds. {fix}"
        )

    def _numbered(self) -> list[Path]:
        """All complete generations, oldest first."""
        return sorted((path for path in self._folder.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


def _write_to_disk(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
