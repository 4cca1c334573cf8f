"""Forgotten users: stored only as salted hashes, so that later runs make no lists for them.

The table keeps the hashes and the salt; a run gets both in ``scratch/<run_id>/forgotten.json``. Anyone who can read
them can test an id: with the id and the salt it is possible to find out whether a user was forgotten.
"""

import hashlib
from collections.abc import Iterable
from typing import TypedDict


class ForgottenUsers(TypedDict):
    """forgotten.json, by "Plan the run"; exists only if there are forgotten users."""

    salt: str
    users: list[str]  # hashes, hexadecimal, ascending


class ForgottenNote(TypedDict):
    """What a plan records about them: how many, and a hash by which two such sets can be compared."""

    users: int
    sha256: str


def hashed(salt: str, user: str) -> str:
    """The hash of a user id. ``containers/prepare/validation/forgotten_rows.py`` computes the same in SQL."""
    return hashlib.sha256(f"{salt}:{user}".encode()).hexdigest()


def note_of(hashes: Iterable[str]) -> ForgottenNote:
    """The note for these hashes, in any order.

    >>> note_of([])["users"], note_of(["b", "a"]) == note_of(["a", "b"])
    (0, True)
    """
    ordered = sorted(hashes)
    return {"users": len(ordered), "sha256": hashlib.sha256("\n".join(ordered).encode()).hexdigest()}
