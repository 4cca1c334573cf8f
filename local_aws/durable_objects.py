"""S3's objects are on disk when a write is answered, or the write fails.

ministack keeps an object that the disk did not take in its memory, with a line in its log: a run would go on, publish,
and lose its files when the engine ends.
"""

from typing import Any

from ministack.services import s3


class ObjectNotKept(BaseException):
    """The disk did not take an object. It passes by ministack's own handlers, which would hide what it says."""


def install() -> None:
    """Have every write of an object fail that does not reach the disk."""
    persist = s3._persist_object

    def persist_or_fail(bucket: str, key: str, stored: Any) -> None:
        persist(bucket, key, stored)
        # ministack lets go of the body as soon as the files are there.
        if stored.get("body") is not None:
            raise ObjectNotKept(
                f"s3://{bucket}/{key} could not be written to disk: make room; the embedded AWS's log says why"
            )

    s3._persist_object = persist_or_fail
