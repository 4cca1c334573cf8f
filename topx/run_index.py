"""What the data of one run says of single users and items, read from the index that "Prepare training data" left."""

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
    """The run's index is not there any more: it lies under scratch/, which expires."""

    def __init__(self, run: str) -> None:
        super().__init__(
            f"the scratch files of run {run} are no longer in the bucket: they are kept for 30 days, or until a user "
            "is forgotten; start another run, and try again"
        )


@dataclass(frozen=True)
class Item:
    """An item of the data; ``title`` is None where it has none, and lists may hold it if it is ``servable``."""

    index: int
    id: str
    title: str | None
    servable: bool


@dataclass(frozen=True)
class Pair:
    """That a user has had an item: ``time`` in epoch seconds, it and ``value`` None where the data has none.

    The user's list leaves the item out if it is ``left_out``.
    """

    item: int
    held_out: bool
    left_out: bool
    value: float | None
    time: float | None


@dataclass(frozen=True)
class KnownFeature:
    """A value of a side feature: its column of the feature space, what it is in words, its weight in the input."""

    column: int
    name: str
    weight: float


class RunIndex:
    """The index of one run. Each question reads the parts of a file in which the answer can be.

    Raises:
        DataGone: from every method, when the index has expired.
    """

    def __init__(self, deployment: Deployment, run: str) -> None:
        """The index of the run with the id ``run``; nothing is read yet."""
        self._deployment, self._run = deployment, run
        self._folder = RunLayout(deployment.bucket, run).index

    def user(self, user: str) -> int | None:
        """The user's index; None when the data does not know the user."""
        found = self._rows("users", [("user", "==", user)], ["user_index"])
        return found[0]["user_index"] if found else None

    def item(self, item: str) -> Item | None:
        """The item; None when the data does not know it."""
        return next(iter(self._items([("item", "==", item)])), None)

    def items(self, indices: Collection[int]) -> dict[int, Item]:
        """Items by their indices."""
        if not indices:
            return {}
        return {item.index: item for item in self._items([("item_index", "in", sorted(indices))])}

    def history(self, user: int) -> list[Pair]:
        """What the user has had: the latest first or, where the data has no times, the highest value."""
        columns = ["item_index", "held_out", "left_out", "value", "time"]
        rows = self._rows("pairs", [("user_index", "==", user)], columns)
        pairs = [Pair(row["item_index"], *(row[name] for name in columns[1:])) for row in rows]
        return sorted(pairs, key=lambda pair: (_falling(pair.time), _falling(pair.value), pair.item))

    def features(self, side: str, index: int) -> list[KnownFeature]:
        """What is known of a ``user`` or an ``item``, besides who or what it is."""
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
    """Sorts the largest first, and none last."""
    return number is None, -(number or 0.0)
