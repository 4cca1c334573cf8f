"""What the function that forgets a user leaves in erasures/, and answers."""

from typing import TypedDict


class ErasureRecord(TypedDict):
    """What was erased of one user, over all calls."""

    user: str  # by hash (contract.forgotten_users)
    by: str  # who asked
    finished: bool  # if not, the same call goes on where this one ended
    at: str  # ISO 8601
    versions: list[str]  # those whose list of the user is gone
    documents: dict[str, str]  # by key, what was done to it
    scratch: int  # objects
    older: int  # versions of objects, where the bucket keeps any
    unknown: list[str]  # keys under runs/ that are not topx's
    reached: str  # the last key of the runs' documents that was looked at
    remains: list[str]  # in sentences, what is not erased


class ErasureAnswer(ErasureRecord):
    """The same, and where it is."""

    record: str  # s3://
