"""Reads prepare's index: who and what the rows are, and every distinct interaction."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from containers.extract.item_sets import ItemSets
from containers.feature_space import SideFeatures


class IndexFileError(ValueError):
    """The index contradicts summary.json or itself."""


@dataclass(frozen=True)
class Catalogue:
    """All items, by item index: ids, titles (None where unknown), training interactions (int64)."""

    ids: list[str]
    titles: list[str | None]
    popularity: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Interactions:
    """Every distinct pair of some users; ``held_out`` has a flag for each element of ``all.items``."""

    all: ItemSets
    held_out: NDArray[np.bool_]

    def training(self) -> ItemSets:
        """What the model was trained on."""
        return self.all.where(~self.held_out)

    def kept_back(self) -> ItemSets:
        """What was held out for the evaluation."""
        return self.all.where(self.held_out)


class DataIndex:
    """The files under ``prepared/index/``, read a block of users at a time: users may be millions."""

    def __init__(self, folder: Path, users: int, items: int) -> None:
        """Open the index and check it.

        Args:
            folder: where users.parquet, items.parquet and pairs.parquet lie.
            users, items: how many summary.json counts.

        Raises:
            IndexFileError: a file is missing, or an index is not 0..n-1 in order.
        """
        self.users, self.items = users, items
        self._database = duckdb.connect()
        for name in ("users", "items", "pairs", "user_features", "item_features"):
            file = folder / f"{name}.parquet"
            if not file.is_file():
                held = ", ".join(sorted(other.name for other in folder.glob("*"))) or "nothing"
                raise IndexFileError(f"the index holds no {file.name}; it holds {held}")
            self._database.read_parquet(str(file)).create_view(name)
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
        rows = self._rows("SELECT item, title, popularity FROM items ORDER BY item_index")
        return Catalogue(
            rows["item"].tolist(), _with_none(rows["title"]), np.asarray(rows["popularity"], dtype=np.int64)
        )

    def side_features(self, side: str) -> SideFeatures:
        """What is known of each ``user`` or ``item``, besides who or what it is."""
        query = f"SELECT {side}_index AS place, feature, weight FROM {side}_features ORDER BY place, feature"  # noqa: S608
        rows = self._rows(query)
        count = self.users if side == "user" else self.items
        return SideFeatures.of_triples(count, rows["place"], rows["feature"], rows["weight"])

    def trained_users(self) -> NDArray[np.bool_]:
        """Whether each user has a training interaction: bool[users]."""
        rows = self._rows("SELECT interactions > 0 AS trained FROM users ORDER BY user_index")
        return np.asarray(rows["trained"], dtype=np.bool_)

    def user_ids(self, first: int, last: int) -> list[str]:
        """The ids of users ``first`` (inclusive) to ``last`` (exclusive)."""
        query = 'SELECT "user" FROM users WHERE user_index BETWEEN ? AND ? ORDER BY user_index'
        return [str(user) for user in self._rows(query, first, last - 1)["user"]]

    def interactions(self, first: int, last: int) -> Interactions:
        """The pairs of users ``first`` to ``last`` (exclusive); each user's items ascend."""
        rows = self._rows(
            "SELECT user_index, item_index, held_out FROM pairs "
            "WHERE user_index BETWEEN ? AND ? ORDER BY user_index, item_index",
            first,
            last - 1,
        )
        return _interactions(rows, np.arange(first, last))

    def interactions_of(self, users: NDArray[np.int64]) -> Interactions:
        """The pairs of ``users`` (ascending), in that order; each user's items ascend."""
        rows = self._rows(
            "SELECT user_index, item_index, held_out FROM pairs "
            "WHERE user_index IN (SELECT unnest(?)) ORDER BY user_index, item_index",
            users.tolist(),
        )
        return _interactions(rows, users)

    def held_out_users(self) -> NDArray[np.int64]:
        """The users who have held-out pairs, ascending."""
        query = "SELECT DISTINCT user_index FROM pairs WHERE held_out ORDER BY user_index"
        return np.asarray(self._rows(query)["user_index"], dtype=np.int64)

    def history(self, user: int, most: int, *, best_liked: bool) -> list[int]:
        """Up to ``most`` items that a user interacted with: those of the highest value first, or the latest."""
        by_value = "SELECT item_index FROM pairs WHERE user_index = ? ORDER BY value DESC NULLS LAST, "
        by_time = "SELECT item_index FROM pairs WHERE user_index = ? ORDER BY "
        query = f"{by_value if best_liked else by_time}time DESC NULLS LAST, row_order DESC LIMIT ?"
        return [int(item) for item in self._rows(query, user, most)["item_index"]]

    def _rows(self, query: str, *values: Any) -> dict[str, NDArray[Any]]:
        return dict(self._database.execute(query, list(values)).fetchnumpy())


def _interactions(rows: dict[str, NDArray[Any]], users: NDArray[np.int64]) -> Interactions:
    starts = np.searchsorted(rows["user_index"], np.append(users, users[-1:] + 1)).astype(np.int64)
    pairs = ItemSets(starts, np.asarray(rows["item_index"], dtype=np.int32))
    return Interactions(pairs, np.asarray(rows["held_out"], dtype=np.bool_))


def _with_none(column: NDArray[Any]) -> list[str | None]:
    return [None if text is np.ma.masked else str(text) for text in column]
