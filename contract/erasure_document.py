"""The record that the function forget_user writes to erasures/ and returns."""

from typing import TypedDict


class ErasureRecord(TypedDict):
    """What was erased about one user, over all calls."""

    user: str  # hash of the user id (contract.forgotten_users)
    by: str  # who requested it
    finished: bool  # if false, the same call continues where this one stopped
    at: str  # ISO 8601
    versions: list[str]  # versions whose list of the user was deleted
    documents: dict[str, str]  # by key, what was done to the document
    scratch: int  # number of objects
    older: int  # number of noncurrent object versions, if the bucket is versioned
    unknown: list[str]  # keys under runs/ that topx did not write
    reached: str  # the last key of the run documents that was processed
    remains: list[str]  # what was not erased, as sentences


class ErasureAnswer(ErasureRecord):
    """The same, and where it is stored."""

    record: str  # s3://
