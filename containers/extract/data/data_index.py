"""Reads prepare's index: the user or item of each row, and every distinct interaction."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from containers.extract.data.interactions import Interactions, MeasuredUsers, interactions_of_rows
from containers.extract.data.item_sets import ItemSets
from containers.extract.lists.ranking import CategoryLimit
from containers.feature_space import SideFeatures
from contract.documents import FeatureColumns

_PAIRS = (
    "SELECT user_index, item_index, held_out AND NOT chooses AND servable AS held_out, "
    "chooses AND servable AS chooses, left_out FROM pairs JOIN items USING (item_index)"
)
# By file, its columns as if nothing were held out.
_OF_EVERYTHING = {
    "users": "* REPLACE (seen AS interactions)",
    "items": "* REPLACE (seen AS popularity)",
    "pairs": "* REPLACE (false AS held_out, false AS chooses)",
}


class IndexFileError(ValueError):
    """The index contradicts summary.json or itself."""


@dataclass(frozen=True)
class Catalogue:
    """All items, by item index: ids, titles (None if unknown), training interactions, whether lists may contain it."""

    ids: list[str]
    titles: list[str | None]
    popularity: NDArray[np.int64]
    servable: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class UserGroup:
    """The users with one value of a feature, whose column of the feature space is ``feature``."""

    value: str
    feature: int
    users: int


class DataIndex:
    """The files under ``prepared/index/``, read one block of users at a time: there may be millions of users.

    Training and held-out pairs are those of the model trained without the held-out pairs; for the model trained on
    everything, open the index with ``nothing_held_out``.
    """

    def __init__(self, folder: Path, users: int, items: int, *, nothing_held_out: bool = False) -> None:
        """Open the index and validate it.

        Args:
            folder: the folder with users.parquet, items.parquet and pairs.parquet.
            users, items: the numbers in summary.json.
            nothing_held_out: treat every pair as a training pair.

        Raises:
            IndexFileError: a file is missing, or its index column is not 0..n-1 in order.
        """
        self.users, self.items = users, items
        self._database = duckdb.connect()
        for name in ("users", "items", "pairs", "user_features", "item_features"):
            file = folder / f"{name}.parquet"
            if not file.is_file():
                held = ", ".join(sorted(other.name for other in folder.glob("*"))) or "nothing"
                raise IndexFileError(f"the index holds no {file.name}; it holds {held}")
            rows = self._database.read_parquet(str(file))
            (rows.select(_OF_EVERYTHING[name]) if nothing_held_out and name in _OF_EVERYTHING else rows).create_view(
                name
            )
        self._fields = folder / "features.json"
        self._check("users", "SELECT user_index AS place FROM users", users)
        self._check("items", "SELECT item_index AS place FROM items", items)

    def _check(self, name: str, places: str, expected: int) -> None:
        query = "SELECT count(*), count(DISTINCT place), coalesce(min(place), 0), coalesce(max(place), -1) FROM "
        found = self._database.execute(f"{query}({places})").fetchone()
        assert found is not None, "an aggregate has one row"
        if found != (expected, expected, 0, expected - 1):
            raise IndexFileError(
                f"{name}.parquet must number its rows 0..{expected - 1}, once each, as summary.json counts {expected} "
                f"{name}; it has {found[0]} rows, {found[1]} different numbers, {found[2]}..{found[3]}"
            )

    def catalogue(self) -> Catalogue:
        """Every item."""
        rows = self.rows("SELECT item, title, popularity, servable FROM items ORDER BY item_index")
        return Catalogue(
            rows["item"].tolist(),
            _with_none(rows["title"]),
            np.asarray(rows["popularity"], dtype=np.int64),
            np.asarray(rows["servable"], dtype=np.bool_),
        )

    def recent_popularity(self) -> NDArray[np.float64]:
        """Training interactions of each item, with a lower weight for older ones: (items,); the total does not
        change.

        An interaction that began half the data's time span before the latest counts half (exponential decay). If the
        data has no times, or all are equal, each counts 1.
        """
        # Integers, because a sum of fractions would depend on the order, and so on the threads.
        rows = self.rows(
            "WITH training AS (SELECT item_index, first_time AS time FROM pairs WHERE NOT held_out), "
            "span AS (SELECT max(time) AS latest, nullif(max(time) - min(time), 0) AS length FROM training) "
            "SELECT item_index, sum(round(1e9 * power(2, coalesce(2 * (time - latest) / length, 0)))::BIGINT)::DOUBLE "
            "AS weight, count(*) AS interactions FROM training, span GROUP BY item_index"
        )
        popularity = np.zeros(self.items)
        popularity[rows["item_index"]] = rows["weight"] * (rows["interactions"].sum() / max(rows["weight"].sum(), 1))
        return popularity

    def servable(self) -> NDArray[np.bool_]:
        """Whether lists may contain each item: bool[items]."""
        return np.asarray(self.rows("SELECT servable FROM items ORDER BY item_index")["servable"], dtype=np.bool_)

    def category_limit(self, column: str, most: int) -> CategoryLimit:
        """The limit on the item feature called ``column`` in dataset.json."""
        field = self._field("items", column)
        rows = self.rows(
            "SELECT item_index, feature - ? AS category FROM item_features WHERE feature BETWEEN ? AND ? ORDER BY ALL",
            field["first"],
            field["first"],
            field["first"] + len(field["values"]) - 1,
        )
        starts = np.searchsorted(rows["item_index"], np.arange(self.items + 1)).astype(np.int64)
        categories = ItemSets(starts, np.asarray(rows["category"], dtype=np.int32))
        return CategoryLimit(most, categories, len(field["values"]))

    def users_of_items(self) -> tuple[NDArray[np.int64], int]:
        """How many users have had each item, including held-out pairs: int64[items]; and how many have had any."""
        rows = self.rows("SELECT item_index, count(*) AS users FROM pairs GROUP BY item_index")
        users = np.zeros(self.items, dtype=np.int64)
        users[rows["item_index"]] = rows["users"]
        return users, int(self.rows("SELECT count(DISTINCT user_index) AS users FROM pairs")["users"][0])

    def groups(self, column: str, fewest: int, most: int) -> list[UserGroup]:
        """The users with interactions, by value of the feature ``column``: the ``most`` largest groups.

        Groups with fewer than ``fewest`` users are left out. A user with several values is in each of their groups.
        """
        field = self._field("users", column)
        having = "user_features JOIN (SELECT DISTINCT user_index FROM pairs) USING (user_index)"
        rows = self.rows(
            f"SELECT feature, count(*) AS users FROM {having} WHERE feature BETWEEN ? AND ? "  # noqa: S608
            "GROUP BY feature HAVING count(*) >= ? ORDER BY users DESC, feature LIMIT ?",
            field["first"],
            field["first"] + len(field["values"]) - 1,
            fewest,
            most,
        )
        return [
            UserGroup(field["values"][feature - field["first"]], feature, users)
            for feature, users in zip(rows["feature"].tolist(), rows["users"].tolist(), strict=True)
        ]

    def users_of_items_in(self, group: UserGroup) -> NDArray[np.int64]:
        """How many users in the group have had each item: int64[items]."""
        rows = self.rows(
            "SELECT item_index, count(*) AS users FROM pairs JOIN user_features USING (user_index) "
            "WHERE feature = ? GROUP BY item_index",
            group.feature,
        )
        users = np.zeros(self.items, dtype=np.int64)
        users[rows["item_index"]] = rows["users"]
        return users

    def _field(self, side: str, column: str) -> FeatureColumns:
        described: dict[str, list[FeatureColumns]] = json.loads(self._fields.read_text(encoding="utf-8"))
        (field,) = [field for field in described[side] if field["column"] == column]
        return field

    def side_features(self, side: str) -> SideFeatures:
        """The side features of each ``user`` or ``item``."""
        query = f"SELECT {side}_index AS place, feature, weight FROM {side}_features ORDER BY place, feature"  # noqa: S608
        rows = self.rows(query)
        count = self.users if side == "user" else self.items
        return SideFeatures.of_triples(count, rows["place"], rows["feature"], rows["weight"])

    def trained_users(self) -> NDArray[np.bool_]:
        """Whether each user has a training interaction: bool[users]."""
        rows = self.rows("SELECT interactions > 0 AS trained FROM users ORDER BY user_index")
        return np.asarray(rows["trained"], dtype=np.bool_)

    def user_ids(self, first: int, last: int) -> list[str]:
        """The ids of users ``first`` (inclusive) to ``last`` (exclusive)."""
        query = 'SELECT "user" FROM users WHERE user_index BETWEEN ? AND ? ORDER BY user_index'
        return [str(user) for user in self.rows(query, first, last - 1)["user"]]

    def user_ids_of(self, users: NDArray[np.int64]) -> list[str]:
        """The ids of ``users`` (ascending)."""
        query = 'SELECT "user" FROM users WHERE user_index IN (SELECT unnest(?)) ORDER BY user_index'
        return [str(user) for user in self.rows(query, users.tolist())["user"]]

    def interactions(self, first: int, last: int) -> Interactions:
        """The pairs of users ``first`` to ``last`` (exclusive); each user's items ascend."""
        rows = self.rows(
            f"{_PAIRS} WHERE user_index BETWEEN ? AND ? ORDER BY user_index, item_index",
            first,
            last - 1,
        )
        return interactions_of_rows(rows, np.arange(first, last))

    def interactions_of(self, users: NDArray[np.int64]) -> Interactions:
        """The pairs of ``users`` (ascending), in that order; each user's items ascend."""
        rows = self.rows(
            f"{_PAIRS} WHERE user_index IN (SELECT unnest(?)) ORDER BY user_index, item_index",
            users.tolist(),
        )
        return interactions_of_rows(rows, users)

    def began_after(self, users: NDArray[np.int64], time: float) -> NDArray[np.bool_]:
        """Whether each pair of ``interactions_of(users).all`` began after ``time`` (epoch seconds)."""
        query = (
            "SELECT coalesce(first_time > ?, false) AS later FROM pairs "
            "WHERE user_index IN (SELECT unnest(?)) ORDER BY user_index, item_index"
        )
        return np.asarray(self.rows(query, time, users.tolist())["later"], dtype=np.bool_)

    @cached_property
    def measured(self) -> MeasuredUsers:
        """The users with held-out pairs to measure on, of items that lists may contain, with all their pairs."""
        users = self._users_where("held_out")
        return MeasuredUsers(users, self.interactions_of(users))

    def choosing_users(self) -> NDArray[np.int64]:
        """The users with held-out pairs to choose settings on, of items that lists may contain, ascending."""
        return self._users_where("chooses")

    def _users_where(self, flag: str) -> NDArray[np.int64]:
        rows = self.rows(f"SELECT DISTINCT user_index FROM ({_PAIRS}) WHERE {flag} ORDER BY user_index")  # noqa: S608
        return np.asarray(rows["user_index"], dtype=np.int64)

    def training_sets(self) -> ItemSets:
        """Every user's training items, in ascending order: 4 bytes for each pair, and 8 for each user."""
        rows = self.rows("SELECT user_index, item_index FROM pairs WHERE NOT held_out ORDER BY ALL")
        starts = np.searchsorted(rows["user_index"], np.arange(self.users + 1)).astype(np.int64)
        return ItemSets(starts, np.asarray(rows["item_index"], dtype=np.int32))

    def history(self, user: int, most: int, *, best_liked: bool) -> list[int]:
        """Up to ``most`` of a user's items: those with the highest value first, or the latest.

        Ties, and data without times, are decided pseudo-randomly: always the same items.
        """
        by_value = "SELECT item_index FROM pairs WHERE user_index = ? ORDER BY value DESC NULLS LAST, "
        by_time = "SELECT item_index FROM pairs WHERE user_index = ? ORDER BY "
        query = f"{by_value if best_liked else by_time}time DESC NULLS LAST, md5(item_index::VARCHAR) LIMIT ?"
        return [int(item) for item in self.rows(query, user, most)["item_index"]]

    def rows(self, query: str, *values: Any) -> dict[str, NDArray[Any]]:
        """The result of a query over users, items, pairs, user_features and item_features, by column."""
        return dict(self._database.execute(query, list(values)).fetchnumpy())


def _with_none(column: NDArray[Any]) -> list[str | None]:
    return [None if text is np.ma.masked else str(text) for text in column]
