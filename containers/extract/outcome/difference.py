"""Compares the lists of two versions, over all users."""

# View and table names are constants of this code; texts from the data are bound.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from containers.extract.outcome.published_lists import lists_of

NOW, BEFORE = "now_published", "published_before"
SHOWN_ITEMS = 10
SHOWN_USERS = 5


@dataclass(frozen=True)
class ItemChange:
    """In how many lists an item is now, and was before."""

    id: str
    now: int
    before: int


@dataclass(frozen=True)
class UserChange:
    """A user's list now and before, cut to the compared length; ``overlap`` is the share of items in both."""

    user: str
    overlap: float
    now: list[str]
    before: list[str]


@dataclass(frozen=True)
class Difference:
    """Two versions' lists, each cut to the first ``length`` items, so that both have the same length.

    ``overlaps`` has, for each share of common items, how many of the ``users`` with a list in both versions have it.
    The share is of the longer of a user's two lists; for two empty ones it is 1.
    """

    length: int
    users: int
    came: int  # users with a list now but not before
    went: int  # users with a list before but not now
    same: int  # users whose list is the same, in the same order
    overlaps: dict[float, int]
    items_came: int  # items in lists now but not before
    items_went: int
    gained: list[ItemChange] = field(default_factory=list)
    lost: list[ItemChange] = field(default_factory=list)
    most_changed: list[UserChange] = field(default_factory=list)

    @property
    def mean(self) -> float | None:
        """The mean overlap over users."""
        return sum(share * users for share, users in self.overlaps.items()) / self.users if self.users else None


def compare_versions(database: duckdb.DuckDBPyConnection) -> Difference:
    """Compare the views ``NOW`` and ``BEFORE`` (see published_lists.show).

    Users with equal overlap, and items with equal changes in their number of lists, are shown in order of their ids.

    Raises:
        duckdb.Error: if a file is not what the loader writes.
    """
    longest = [_one(database, f"SELECT coalesce(max(len(items)), 0) FROM {view}") for view in (NOW, BEFORE)]
    length = min(longest)
    database.execute(
        f"""
        CREATE OR REPLACE TABLE compared AS
        SELECT coalesce(n."user", b."user") AS "user",
               n.items IS NOT NULL AND b.items IS NOT NULL AS in_both, n.items IS NOT NULL AS is_now,
               n.items[:$length] = b.items[:$length] AS same,
               CASE WHEN greatest(len(n.items[:$length]), len(b.items[:$length])) = 0 THEN 1.0
                    ELSE len(list_intersect(n.items[:$length], b.items[:$length]))
                         / greatest(len(n.items[:$length]), len(b.items[:$length])) END AS overlap
        FROM {NOW} n FULL JOIN {BEFORE} b USING ("user")
        """,
        {"length": length},
    )
    users, came, went, same = database.execute(
        """
        SELECT count(*) FILTER (in_both), count(*) FILTER (is_now AND NOT in_both), count(*) FILTER (NOT is_now),
               count(*) FILTER (in_both AND same)
        FROM compared
        """
    ).fetchall()[0]
    overlaps = database.execute(
        "SELECT overlap, count(*) FROM compared WHERE in_both GROUP BY overlap ORDER BY overlap"
    ).fetchall()
    _count_items(database, length)
    items_came, items_went = database.execute(
        "SELECT count(*) FILTER (before = 0), count(*) FILTER (now = 0) FROM counted"
    ).fetchall()[0]
    return Difference(
        length=length,
        users=users,
        came=came,
        went=went,
        same=same,
        overlaps=dict(overlaps),
        items_came=items_came,
        items_went=items_went,
        gained=_items(database, "now - before"),
        lost=_items(database, "before - now"),
        most_changed=_users(database, length),
    )


def _one(database: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(database.execute(query).fetchall()[0][0])


def _count_items(database: duckdb.DuckDBPyConnection, length: int) -> None:
    database.execute(
        f"""
        CREATE OR REPLACE TABLE counted AS
        SELECT item, count(*) FILTER (is_now) AS now, count(*) FILTER (NOT is_now) AS before
        FROM (SELECT unnest(items[:$length]) AS item, true AS is_now FROM {NOW}
              UNION ALL SELECT unnest(items[:$length]), false FROM {BEFORE})
        GROUP BY item
        """,
        {"length": length},
    )


def _items(database: duckdb.DuckDBPyConnection, change: str) -> list[ItemChange]:
    """The items whose number of lists grew the most, by one at least, counted by ``change``."""
    rows = database.execute(
        f"SELECT item, now, before FROM counted WHERE {change} > 0 ORDER BY {change} DESC, item LIMIT {SHOWN_ITEMS}"
    ).fetchall()
    return [ItemChange(*row) for row in rows]


def _users(database: duckdb.DuckDBPyConnection, length: int) -> list[UserChange]:
    rows: Sequence[tuple[str, float]] = database.execute(
        f"""
        SELECT "user", overlap FROM compared WHERE in_both AND NOT same ORDER BY overlap, "user" LIMIT {SHOWN_USERS}
        """
    ).fetchall()
    names = [user for user, _ in rows]
    now, before = (lists_of(database, view, names, length) for view in (NOW, BEFORE))
    return [UserChange(user, overlap, now[user], before[user]) for user, overlap in rows]
