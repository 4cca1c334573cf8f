"""Reading what is published: the pointer, and a user's list by it."""

from dataclasses import dataclass
from typing import Any

from contract.recommendation_table import POINTER_KEY, user_key
from topx.problem import Problem


@dataclass(frozen=True)
class Recommended:
    """An item of a list, and its score."""

    id: str
    score: float


@dataclass(frozen=True)
class RecommendedList:
    """A user's items in one version, best first."""

    user: str
    version: str
    items: list[Recommended]


def current_version(table: Any) -> str | None:
    """The version that readers see; None before the first was published. ``table`` is a boto3 Table."""
    found = table.get_item(Key=POINTER_KEY).get("Item", {}).get("current")
    return str(found) if found else None


def list_of(table: Any, user: str, most: int) -> RecommendedList:
    """The first ``most`` items of a user's list in the current version.

    Raises:
        Problem: when nothing is published, or the version has no such user.
    """
    version = current_version(table)
    if version is None:
        raise Problem("nothing is published yet: start a run first, for instance: topx run --sample movielens")
    item = table.get_item(Key=user_key(user, version)).get("Item")
    if item is None:
        raise Problem(f"version {version} has no list for user {user!r}: ids are text, as they are in the data")
    pairs = zip(item["items"], item["scores"], strict=True)
    return RecommendedList(user, version, [Recommended(str(name), float(score)) for name, score in pairs][:most])
