"""Reads what is published: the pointer, and a user's list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Key

from contract import list_scores
from contract.recommendation_table import (
    PARTITION_KEY,
    POINTER_KEY,
    SORT_KEY,
    VERSION_PARTITION,
    default_key,
    user_key,
    version_key,
)
from contract.version_record import VersionRecord
from topx.problem import Problem
from workflow import table_query


@dataclass(frozen=True)
class Recommended:
    """An item of a list, and its score; None if the run stored no scores."""

    id: str
    score: float | None


@dataclass(frozen=True)
class Fallback:
    """Whom a default list is for: users with ``value`` in ``column``, or everyone if None."""

    column: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class RecommendedList:
    """The items of one version for a user, best first; ``fallback`` is None if it is the user's own list."""

    user: str
    version: str
    items: list[Recommended]
    fallback: Fallback | None = None


def last_published(table: Any) -> datetime | None:
    """When a version was last published, even if it is not current any more; None before the first."""
    newest = table.get_item(Key=POINTER_KEY).get("Item", {}).get("newest")
    record = table.get_item(Key=version_key(newest)).get("Item", {}) if newest else {}
    return datetime.fromisoformat(record["published_at"]) if "published_at" in record else None


def current_version(table: Any) -> str | None:
    """The current version; None before the first was published. ``table`` is a boto3 Table."""
    found = table.get_item(Key=POINTER_KEY).get("Item", {}).get("current")
    return str(found) if found else None


def record_of(table: Any, version: str) -> VersionRecord:
    """The record of a version, by its run id: status, published_at; empty if it has made no lists."""
    found: VersionRecord = table.get_item(Key=version_key(version), ConsistentRead=True).get("Item", {})
    return found


def list_for(table: Any, user: str, most: int, like: tuple[str, str] | None) -> RecommendedList:
    """The first ``most`` items that a reader would show to ``user``: of the user's own list, or of a default list.

    In versions of an older topx, an empty list means no list.

    Args:
        like: column and value of a user feature, to choose the default list of a user without a list.

    Raises:
        Problem: if nothing is published, or there is no list, or no default lists by that column.
    """
    version = require_version(table)
    own = own_list(table, user, version, most)
    if own is not None:
        return own
    everybodys = table.get_item(Key=default_key(version)).get("Item")
    if everybodys is None:  # a version from before there were default lists
        raise _no_list(user, version)
    if like is not None:
        column, value = like
        if everybodys.get("by") != column:
            there = f"by {everybodys['by']}" if "by" in everybodys else "for no feature, only one for all unknown users"
            raise Problem(
                f"--as {column}={value}: version {version} has default lists {there}; users.default_by in dataset.json "
                "sets the feature"
            )
        item = table.get_item(Key=default_key(version, value)).get("Item")
        if item is not None:
            return RecommendedList(user, version, _items(item, most), Fallback(column, value))
    return RecommendedList(user, version, _items(everybodys, most), Fallback())


def own_list(table: Any, user: str, version: str, most: int | None = None) -> RecommendedList | None:
    """The first ``most`` items of ``version`` for ``user``, or all; None if the user has no list."""
    own = table.get_item(Key=user_key(user, version)).get("Item")
    return RecommendedList(user, version, _items(own, most)) if own is not None and own["items"] else None


def versions(table: Any, older_than: str | None = None) -> Iterator[VersionRecord]:
    """The records of all versions, or of those before one, newest first."""
    condition = Key(PARTITION_KEY).eq(VERSION_PARTITION)
    if older_than:
        condition &= Key(SORT_KEY).lt(older_than)
    return table_query.items(table, KeyConditionExpression=condition, ScanIndexForward=False)


def require_version(table: Any) -> str:
    """The current version.

    Raises:
        Problem: if nothing is published.
    """
    version = current_version(table)
    if version is None:
        raise Problem("nothing is published yet: start a run first, for instance: topx run --sample movielens")
    return version


def _no_list(user: str, version: str) -> Problem:
    return Problem(f"version {version} has no list for user {user!r}: ids are text, exactly as in the data")


def _items(item: list_scores.Attributes, most: int | None) -> list[Recommended]:
    names = item["items"][:most]
    scores: Sequence[float | None] = list_scores.read(item) or [None] * len(names)
    return [Recommended(str(name), score) for name, score in zip(names, scores, strict=False)]
