"""An object in the bucket as a seekable file: only the parts that are needed are downloaded."""

import io
from typing import Any, Self

from botocore.exceptions import ClientError

from topx.deployment import Deployment


class StoredFile(io.RawIOBase):
    """Reads the requested ranges, with one request each."""

    def __init__(self, deployment: Deployment, key: str, size: int) -> None:
        """The object at ``key``, of ``size`` bytes."""
        self._s3, self._object = deployment.s3, {"Bucket": deployment.bucket, "Key": key}
        self._size = size
        self._place = 0

    @classmethod
    def opened(cls, deployment: Deployment, key: str) -> Self | None:
        """The object at ``key``; None if there is none."""
        try:
            described = deployment.s3.head_object(Bucket=deployment.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        return cls(deployment, key, described["ContentLength"])

    def __len__(self) -> int:
        """Size in bytes."""
        return self._size

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def tell(self) -> int:
        """The position of the next read."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = start + offset
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer``, or as much of it as the object has left."""
        wanted = min(len(buffer), self._size - self._place)
        if wanted <= 0:
            return 0
        asked = f"bytes={self._place}-{self._place + wanted - 1}"
        body = self._s3.get_object(**self._object, Range=asked)["Body"].read()
        buffer[: len(body)] = body
        self._place += len(body)
        return len(body)
