"""A bucket and a table in memory, with what loading and publishing need."""

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from contract.recommendation_table import PUBLISHED, version_key
from contract.version_record import Pointer, VersionRecord

_PLAIN = TypeDeserializer()


@dataclass
class MemoryBucket:
    """The part of S3 that the Lambdas use. ``objects`` are the bodies by key; ``checksums`` the stored checksums of
    objects with one.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "MemoryBucket":
        """The same objects, which can be changed independently."""
        return MemoryBucket(dict(self.objects), dict(self.checksums))

    def overwrite(self, key: str, body: bytes) -> None:
        """Overwrite an object without a checksum, as another program would."""
        self.objects[key] = body
        self.checksums.pop(key, None)

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803, ARG002
        return {"Body": io.BytesIO(self._find(Key))}

    def head_object(self, Bucket: str, Key: str, ChecksumMode: str) -> dict[str, Any]:  # noqa: N803, ARG002
        self._find(Key)
        return {"ChecksumSHA256": self.checksums[Key]} if Key in self.checksums else {}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **described: str) -> None:  # noqa: N803, ARG002
        self.overwrite(Key, Body)
        if "ChecksumSHA256" in described:
            assert described["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(Body).digest()).decode()
            self.checksums[Key] = described["ChecksumSHA256"]

    def get_paginator(self, _operation: str) -> "MemoryBucket":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803, ARG002
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        yield {"Contents": [{"Key": key, "Size": len(self.objects[key])} for key in keys]}

    def _find(self, key: str) -> bytes:
        if key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return self.objects[key]


@dataclass
class MemoryTable:
    """The part of DynamoDB that the Lambdas use, besides lambdas.publishing.version_pointer."""

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    published: bool = False

    @property
    def table(self) -> "MemoryTable":
        """The boto3 Table."""
        return self

    def batch_write_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        for requests in RequestItems.values():
            for request in requests:
                item = request["PutRequest"]["Item"]
                self.put_item({name: _PLAIN.deserialize(value) for name, value in item.items()})
        return {}

    def put_item(self, Item: dict[str, Any]) -> None:  # noqa: N803
        self.items[Item["pk"], Item["version"]] = Item

    def get_item(self, Key: dict[str, str], ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803, ARG002
        found = self.items.get((Key["pk"], Key["version"]))
        return {} if found is None else {"Item": found}

    def query(self, **_asked: Any) -> dict[str, Any]:
        """No user was forgotten."""
        return {"Items": []}

    def record(self, version: str) -> VersionRecord:
        key = version_key(version)
        published: VersionRecord = {
            "pk": key["pk"],
            "version": key["version"],
            "status": PUBLISHED,
            "published_at": "2026-11-23T04:00:00.000+00:00",
            "published_by": "",
        }
        return published if self.published else cast(VersionRecord, {})

    def published_by(self, version: str, _by: str) -> VersionRecord:
        return self.record(version)

    def pointer(self) -> Pointer:
        return cast(Pointer, {})

    def publish(self, _move: object, _facts: object) -> VersionRecord:
        self.published = True
        return self.record("")
