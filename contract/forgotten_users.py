"""The users who were forgotten: known by salted hashes alone, so that no list of theirs is made again.

The table keeps the hashes and the salt; a run gets both as ``scratch/<run_id>/forgotten.json``. Whoever may read them
can try ids: that a user is among them is hidden from nobody who knows the id and has the salt.
"""

import hashlib
from collections.abc import Iterable
from typing import TypedDict


class ForgottenUsers(TypedDict):
    """forgotten.json, by "Plan the run": where anybody was forgotten."""

    salt: str
    users: list[str]  # hashes, in hexadecimal, ascending


class ForgottenNote(TypedDict):
    """What a plan says of them: how many, and by what two such lists are told apart."""

    users: int
    sha256: str


def hashed(salt: str, user: str) -> str:
    """A user's hash. ``containers/prepare/judging/forgotten_rows.py`` says the same in SQL."""
    return hashlib.sha256(f"{salt}:{user}".encode()).hexdigest()


def note_of(hashes: Iterable[str]) -> ForgottenNote:
    """Of hashes in any order.

    >>> note_of([])["users"], note_of(["b", "a"]) == note_of(["a", "b"])
    (0, True)
    """
    ordered = sorted(hashes)
    return {"users": len(ordered), "sha256": hashlib.sha256("\n".join(ordered).encode()).hexdigest()}
