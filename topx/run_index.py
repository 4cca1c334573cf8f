"""A run's data about single users and items, from the index that "Prepare training data" has written."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from contract.run_layout import RunLayout
from topx.deployment import Deployment
from topx.problem import Problem
from topx.run_files import object_at
from topx.stored_file import StoredFile


class DataGone(Problem):
    """The run's index no longer exists: it is under scratch/, which expires."""

    def __init__(self, run: str) -> None:
        super().__init__(
            f"the scratch files of run {run} are no longer in the bucket: they are kept for 30 days, or until a user "
            "is forgotten; start another run, and try again"
        )


@dataclass(frozen=True)
class Item:
    """An item in the data; ``title`` is None if it has none, ``servable`` is whether lists may contain it."""

    index: int
    id: str
    title: str | None
    servable: bool


@dataclass(frozen=True)
class Pair:
    """A user's interaction with an item: ``time`` in epoch seconds; ``time`` and ``value`` are None if the data has
    none.

    ``left_out`` is whether the user's list leaves the item out.
    """

    item: int
    held_out: bool
    left_out: bool
    value: float | None
    time: float | None


@dataclass(frozen=True)
class KnownFeature:
    """A value of a side feature: its column of the feature space, its meaning as text, its weight in the input."""

    column: int
    name: str
    weight: float


class RunIndex:
    """The index of one run. Each method reads only the parts of a file that may have the answer.

    Raises:
        DataGone: from every method, if the index has expired.
    """

    def __init__(self, deployment: Deployment, run: str) -> None:
        """The index of the run with the id ``run``; nothing is read yet."""
        self._deployment, self._run = deployment, run
        self._folder = RunLayout(deployment.bucket, run).index

    def user(self, user: str) -> int | None:
        """The user's index; None if the data does not have the user."""
        found = self._rows("users", [("user", "==", user)], ["user_index"])
        return found[0]["user_index"] if found else None

    def item(self, item: str) -> Item | None:
        """The item; None if the data does not have it."""
        return next(iter(self._items([("item", "==", item)])), None)

    def items(self, indices: Collection[int]) -> dict[int, Item]:
        """Items by index."""
        if not indices:
            return {}
        return {item.index: item for item in self._items([("item_index", "in", sorted(indices))])}

    def history(self, user: int) -> list[Pair]:
        """The user's interactions: the latest first or, if the data has no times, those with the highest value."""
        columns = ["item_index", "held_out", "left_out", "value", "time"]
        rows = self._rows("pairs", [("user_index", "==", user)], columns)
        pairs = [Pair(row["item_index"], *(row[name] for name in columns[1:])) for row in rows]
        return sorted(pairs, key=lambda pair: (_falling(pair.time), _falling(pair.value), pair.item))

    def features(self, side: str, index: int) -> list[KnownFeature]:
        """The side features of a ``user`` or an ``item``."""
        rows = self._rows(f"{side}_features", [(f"{side}_index", "==", index)], ["feature", "weight"])
        if not rows:
            return []
        body = object_at(self._deployment, f"{self._folder}features.json")
        if body is None:
            raise DataGone(self._run)
        names = {
            field["first"] + place: f"{field['column']} = {value}"
            for field in json.loads(body)[f"{side}s"]
            for place, value in enumerate(field["values"])
        }
        return [KnownFeature(row["feature"], names[row["feature"]], row["weight"]) for row in rows]

    def _items(self, where: list[tuple[str, str, Any]]) -> list[Item]:
        rows = self._rows("items", where, ["item_index", "item", "title", "servable"])
        return [Item(row["item_index"], row["item"], row["title"], row["servable"]) for row in rows]

    def _rows(self, name: str, where: list[tuple[str, str, Any]], columns: list[str]) -> list[dict[str, Any]]:
        from pyarrow import parquet  # noqa: PLC0415 - takes half a second

        file = StoredFile.opened(self._deployment, f"{self._folder}{name}.parquet")
        if file is None:
            raise DataGone(self._run)
        rows: list[dict[str, Any]] = parquet.read_table(file, columns=columns, filters=where).to_pylist()
        return rows


def _falling(number: float | None) -> tuple[bool, float]:
    """Sorts the largest first, and None last."""
    return number is None, -(number or 0.0)
