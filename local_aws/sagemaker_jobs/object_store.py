"""Copies between S3 and a job's tree: prefixes are downloaded, folders uploaded, with the job's role."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.sagemaker_jobs.aws_clients import client_of
from local_aws.sagemaker_jobs.endings import JobFailed
from local_aws.sagemaker_jobs.object_files import FileRefused, ObjectFiles
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials


class S3Client(Protocol):
    """The part of boto3's S3 client that is used here."""

    get_object: Callable[..., Any]
    put_object: Callable[..., Any]
    head_object: Callable[..., Any]
    get_paginator: Callable[..., Any]


@dataclass(frozen=True)
class S3Uri:
    """``s3://bucket/key``, where the key is that of an object or a prefix."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> "S3Uri":
        """Split a URI whose format was checked against the service model."""
        bucket, _, key = uri.split("://", 1)[1].partition("/")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def under(self, relative: str) -> str:
        """The key of ``relative`` in this folder."""
        return f"{self.key.rstrip('/')}/{relative}".lstrip("/")


def relative_key(prefix: str, key: str) -> str:
    """The path of an object below the folder that its prefix is copied to.

    >>> relative_key("in/train/", "in/train/a/part-0"), relative_key("in/train", "in/train/part-0")
    ('a/part-0', 'part-0')
    >>> relative_key("in/model.tar.gz", "in/model.tar.gz"), relative_key("in/part", "in/part-0")
    ('model.tar.gz', 'part-0')
    """
    rest = key.removeprefix(prefix)
    if rest and (not prefix or prefix.endswith("/")):
        return rest
    if rest.startswith("/"):
        return rest[1:]
    return key[prefix.rfind("/") + 1 :]


class ObjectStore:
    """An S3 client, and the operations of jobs."""

    def __init__(self, client: S3Client, files: ObjectFiles | None = None) -> None:
        """
        Args:
            client: S3, with a role's permissions.
            files: its objects as files, if they are.
        """
        self._client = client
        self._files = files

    def keys(self, uri: S3Uri) -> list[str]:
        """All keys that begin with the URI's, sorted; empty if there is no such bucket.

        Raises:
            JobFailed: if the role may not list the bucket.
        """
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key)
        try:
            with _denied_as_failure(uri):
                return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucket":
                return []
            raise

    def read(self, bucket: str, key: str) -> bytes:
        """An object's content.

        Raises:
            JobFailed: if the role may not read it.
        """
        with _denied_as_failure(S3Uri(bucket, key)):
            return bytes(self._client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def download(self, uri: S3Uri, folder: Path) -> int:
        """Copy every object with this prefix into ``folder``; returns the number.

        Raises:
            JobFailed: if there are none, the role may not read one, or a key would be outside the folder.
        """
        folder.mkdir(parents=True, exist_ok=True)
        keys = self.keys(uri)
        if not keys:
            raise JobFailed(f"ClientError: Failed to download data. {nothing_found(uri)}")
        for key in keys:
            target = _inside(folder, relative_key(uri.key, key))
            if key.endswith("/"):
                target.mkdir(parents=True, exist_ok=True)
                continue
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with _denied_as_failure(S3Uri(uri.bucket, key)):
                    self._fetch(uri.bucket, key, target)
            except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
                raise JobFailed(
                    f"ClientError: Failed to download data. s3://{uri.bucket}/{key} is both an object and a folder"
                ) from error
        return len(keys)

    def upload(self, folder: Path, uri: S3Uri) -> int:
        """Copy every file in ``folder`` to the URI; returns the number. Symbolic links are not followed."""
        files = list(_files(folder))
        for path in files:
            self.upload_file(path, S3Uri(uri.bucket, uri.under(path.relative_to(folder).as_posix())))
        return len(files)

    def upload_file(self, path: Path, uri: S3Uri) -> None:
        """Copy one file.

        Raises:
            JobFailed: if S3 rejects it.
        """
        try:
            if self._files is not None and self._files.store(path, uri.bucket, uri.key):
                return
            with path.open("rb") as file:
                self._client.put_object(Bucket=uri.bucket, Key=uri.key, Body=file)
        except (ClientError, FileRefused) as error:
            raise JobFailed(f"ClientError: Failed to upload to {uri}: {error}") from error

    def _fetch(self, bucket: str, key: str, target: Path) -> None:
        if self._files is not None and self._files.fetch(bucket, key, target):
            return
        with target.open("wb") as file:
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
            for chunk in body.iter_chunks(1 << 20):
                file.write(chunk)


@cache
def connect(endpoint: str, region: str, credentials: RoleCredentials) -> S3Client:
    """S3 with a role's permissions; creating a client takes a moment, and all threads can share it."""
    config = Config(
        proxies={},
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client: S3Client = client_of("s3", endpoint, region, credentials, config)
    return client


@contextmanager
def _denied_as_failure(uri: S3Uri) -> Iterator[None]:
    """If S3 denies access to the job's role, the job fails with S3's message."""
    try:
        yield
    except (ClientError, FileRefused) as error:
        said = str(error)
        if isinstance(error, ClientError):
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            said = error.response["Error"]["Message"]
        raise JobFailed(f"ClientError: Failed to download data. S3 denies {uri} to the job's role: {said}") from error


def nothing_found(uri: S3Uri) -> str:
    """SageMaker's message for an empty prefix."""
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists '
        f"in the selected region, and that objects exist under that S3 prefix"
    )


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path


def _inside(folder: Path, relative: str) -> Path:
    parts = PurePosixPath(relative).parts
    if not parts or ".." in parts or PurePosixPath(relative).is_absolute():
        raise JobFailed(f"ClientError: Failed to download data. The key {relative!r} leaves its folder")
    return folder.joinpath(*parts)
