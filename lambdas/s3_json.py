"""The JSON documents of a run, in the bucket."""

import json
import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import IO, Any, TypedDict

from botocore.exceptions import ClientError

from contract.stored_object import DamagedObject, parse_json
from lambdas.aws_clients import AwsUnavailable, patiently

_CHUNK_BYTES = 1 << 20
# S3 deletes no more keys in one call, and reports errors for each key.
_KEYS_A_CALL = 1000
_NOT_NOW = ("InternalError", "SlowDown")

logger = logging.getLogger(__name__)


class NotDeleted(Exception):
    """S3 refused to delete an object."""


class MissingDocument(Exception):
    """A document that an earlier state must have written is not in the bucket."""


class ListedObject(TypedDict):
    """The fields of ListObjectsV2's response that are used here."""

    Key: str
    Size: int  # bytes
    ETag: str  # in quotation marks
    LastModified: datetime


@dataclass(frozen=True)
class JsonDocuments:
    """Reads and writes documents by key."""

    s3: Any  # boto3 S3 client
    bucket: str

    def find(self, key: str, kind: type = dict) -> Any | None:
        """The document, or None if there is no such object.

        Args:
            kind: the expected type of the whole: an object, or an array (``list``).

        Raises:
            DamagedObject: if it is not such a document; also later, when a missing field is read.
        """
        body = self.find_bytes(key)
        return None if body is None else parse_json(body, f"s3://{self.bucket}/{key}", kind)

    def find_readable(self, key: str, kind: type = dict) -> Any | None:
        """A document of an old run, None if it is lost or damaged: this must not fail a run that has published."""
        try:
            return self.find(key, kind)
        except DamagedObject as error:
            logger.warning("%s", error)
            return None

    def find_bytes(self, key: str) -> bytes | None:
        """An object's bytes, or None if there is no such object.

        Raises:
            DamagedObject: if its storage class does not allow reading.
        """

        def whole() -> bytes:
            return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

        try:
            body = patiently(whole)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "InvalidObjectState":
                moved = "a lifecycle rule has moved it to a storage class from which it must be restored first"
                raise DamagedObject(f"s3://{self.bucket}/{key}", "cannot be read", moved) from error
            if code not in {"NoSuchKey", "404"}:
                raise
            return None
        return body

    def download(self, key: str, into: IO[bytes]) -> None:
        """Copy an object to a file, which is truncated first."""

        def copy() -> None:
            into.seek(0)
            into.truncate()
            shutil.copyfileobj(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"], into, _CHUNK_BYTES)

        patiently(copy)

    def read(self, key: str, kind: type = dict) -> Any:
        """The document, which must exist and have this type.

        Raises:
            MissingDocument: if there is no such object.
            DamagedObject: as ``find``.
        """
        return parse_json(self.read_bytes(key), f"s3://{self.bucket}/{key}", kind)

    def read_bytes(self, key: str) -> bytes:
        """An object's bytes.

        Raises:
            MissingDocument: if there is no such object.
            DamagedObject: as ``find_bytes``.
        """
        body = self.find_bytes(key)
        if body is None:
            raise MissingDocument(
                f"s3://{self.bucket}/{key} is missing: the state that writes it did not finish, or it was deleted "
                "since then; redrive the execution from that state, or start another run"
            )
        return body

    def write(self, key: str, document: object) -> None:
        """Write the document, replacing any existing one."""
        body = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode(), ContentType="application/json")

    def objects(self, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        """Every object under ``prefix``, in key order.

        Args:
            after: a key; objects up to it are skipped.
        """
        asked = {"Prefix": prefix, **({"StartAfter": after} if after else {})}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, **asked):
            yield from page.get("Contents", [])

    def delete(self, objects: Iterable[dict[str, str]]) -> int:
        """Delete objects. Objects that are gone already are no error. Returns how many there were.

        Args:
            objects: Key of each, and VersionId to delete one version only.

        Raises:
            AwsUnavailable: if S3 is unavailable.
            NotDeleted: if S3 refuses.
        """
        deleted, source = 0, iter(objects)
        while some := list(islice(source, _KEYS_A_CALL)):
            answer = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})
            if errors := answer.get("Errors"):
                text = f"s3://{self.bucket}/{errors[0]['Key']} was not deleted ({errors[0]['Code']})"
                raise (AwsUnavailable if errors[0]["Code"] in _NOT_NOW else NotDeleted)(text)
            deleted += len(some)
        return deleted

    def folders(self, prefix: str) -> Iterator[str]:
        """The names of the folders directly under ``prefix``, without slashes."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        for page in pages:
            for folder in page.get("CommonPrefixes", []):
                yield folder["Prefix"].removeprefix(prefix).rstrip("/")
