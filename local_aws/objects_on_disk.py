"""Copies S3 objects from disk to disk for jobs: over HTTP, a gigabyte takes the engine about fifteen seconds.

Both directions are copies made by the kernel: with a link, a job, or a process that outlives it, could change the
stored object.
"""

import mmap
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ministack.services import s3, sts

from local_aws.authorization import AccessDenied, Need, RoleSession
from local_aws.durable_objects import ObjectNotKept
from local_aws.sagemaker_jobs.object_files import FileRefused
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials


class StagedFile(mmap.mmap):
    """A file of the engine that is to become an object: its bytes, and its path."""

    path: Path


def install() -> None:
    """Make ministack move a staged file into place instead of writing its bytes again."""
    write = s3._atomic_write

    def place_or_write(target: str, data: Any, **more: Any) -> None:
        if isinstance(data, StagedFile):
            data.path.replace(target)
        else:
            write(target, data, **more)

    s3._atomic_write = place_or_write


def of_role(credentials: RoleCredentials) -> "ObjectsOnDisk":
    """S3's files for the jobs of an assumed role."""
    arn = sts._sessions[credentials.access_key]["Arn"]
    return ObjectsOnDisk(RoleSession(arn, credentials))


class ObjectsOnDisk:
    """The files accessible to one role; account and region are those of the calling thread."""

    def __init__(self, role: RoleSession) -> None:
        self._role = role

    def fetch(self, bucket: str, key: str, target: Path) -> bool:
        """Copy an object to ``target``; False if it is not a file.

        Raises:
            FileRefused: if the role may not read it.
        """
        self._require("s3:GetObject", bucket, key)
        place = s3._object_disk_path(bucket, key)
        if place is None or key not in s3._buckets.get(bucket, {}).get("objects", {}) or not Path(place).is_file():
            return False
        shutil.copyfile(place, target)
        return True

    def store(self, source: Path, bucket: str, key: str) -> bool:
        """Store a copy of ``source`` as the object; False if ministack needs the bytes: for another copy, or none.

        Raises:
            FileRefused: if the role may not write it, or the disk rejects it.
        """
        self._require("s3:PutObject", bucket, key)
        if bucket not in s3._buckets or s3._bucket_versioning.get(bucket) or not source.stat().st_size:
            return False
        try:
            staged = _staged(source)
            try:
                status, _, answer = s3._put_object(bucket, key, staged, {})
            finally:
                staged.path.unlink(missing_ok=True)
        except (ObjectNotKept, OSError) as error:
            raise FileRefused(str(error)) from error
        if status != 200:
            raise FileRefused(answer.decode(errors="replace"))
        return True

    def _require(self, action: str, bucket: str, key: str) -> None:
        try:
            self._role.require(Need(action, f"arn:aws:s3:::{bucket}/{key}"))
        except AccessDenied as denied:
            raise FileRefused(str(denied)) from denied


def _staged(source: Path) -> StagedFile:
    """A copy that no job has open."""
    descriptor, name = tempfile.mkstemp()  # in the home, where the next engine deletes leftovers
    os.close(descriptor)
    path = Path(name)
    try:
        shutil.copyfile(source, path)
        with path.open("rb") as file:
            staged = StagedFile(file.fileno(), 0, access=mmap.ACCESS_READ)
    except BaseException:
        path.unlink()
        raise
    staged.path = path
    return staged
