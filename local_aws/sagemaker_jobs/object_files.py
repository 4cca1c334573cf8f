"""The interface to an S3 whose objects are files on this machine, so that jobs can copy them from disk to disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from local_aws.sagemaker_jobs.role_credentials import RoleCredentials


class FileRefused(Exception):
    """The job's role may not read or write the object, or the disk rejects it; the message says which."""


class ObjectFiles(Protocol):
    """Objects as files, with the permissions of one role."""

    def fetch(self, bucket: str, key: str, target: Path) -> bool:
        """Copy an object to ``target``; False if it is not a file here, and must be requested over HTTP.

        Raises:
            FileRefused: if the role may not read it.
        """

    def store(self, source: Path, bucket: str, key: str) -> bool:
        """Store a copy of ``source`` as the object; False if this is not possible, and HTTP must be used.

        Raises:
            FileRefused: if the role may not write it, or the disk rejects it.
        """


FilesOf = Callable[[RoleCredentials], ObjectFiles | None]
"""The files that a role has access to; None if S3 is on another machine, or in another process."""


def none(_: RoleCredentials) -> None:
    """Everything goes over HTTP."""
