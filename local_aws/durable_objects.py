"""An S3 write is answered only when the object is on disk; otherwise it fails.

If the disk rejects an object, ministack keeps it in memory and only logs it: a run would continue, publish, and lose
its files when the engine stops.
"""

from typing import Any

from ministack.services import s3


class ObjectNotKept(BaseException):
    """The disk rejected an object. ministack's own handlers, which would hide the error, do not catch this."""


def install() -> None:
    """Make every write of an object fail that does not reach the disk."""
    persist = s3._persist_object

    def persist_or_fail(bucket: str, key: str, stored: Any) -> None:
        persist(bucket, key, stored)
        # ministack drops the body once the files exist.
        if stored.get("body") is not None:
            raise ObjectNotKept(
                f"s3://{bucket}/{key} could not be written to disk: make room; the embedded AWS's log says why"
            )

    s3._persist_object = persist_or_fail
