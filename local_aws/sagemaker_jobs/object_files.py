"""What jobs need of an S3 whose objects are files of this machine: their bytes then go from disk to disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from local_aws.sagemaker_jobs.role_credentials import RoleCredentials


class FileRefused(Exception):
    """The job's role may not read or write the object, or the disk does not take it; the message says which."""


class ObjectFiles(Protocol):
    """Objects as files, as far as one role may."""

    def fetch(self, bucket: str, key: str, target: Path) -> bool:
        """Make ``target`` a copy of an object; False when it is no file here, and must be asked for.

        Raises:
            FileRefused: when the role may not read it.
        """

    def store(self, source: Path, bucket: str, key: str) -> bool:
        """Make a copy of ``source`` the object; False when it cannot be done here, and must be asked for.

        Raises:
            FileRefused: when the role may not write it, or the disk does not take it.
        """


FilesOf = Callable[[RoleCredentials], ObjectFiles | None]
"""The files that a role has access to; None where S3 is on another machine, or in another process."""


def none(_: RoleCredentials) -> None:
    """Everything is asked for."""
