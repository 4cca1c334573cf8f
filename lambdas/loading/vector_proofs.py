"""Proves each list by the vectors that it must come of: every row's distances are products, or nothing is loaded.

The probes (probe_proofs.py) show on a few rows what k-NN's answers mean. What may be wrong with a single row does
not show there: so the loader multiplies again what a list is made of, item by item, best first, as far as the list
reaches. A product that is not the distance betrays any other row, label or distance. What it cannot betray is an item
that is missing altogether from an answer, the next best having taken its place; for that a few products of each row
are held against the worst distance of its answer.
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice
from math import dist, hypot
from struct import Struct
from typing import Any

from contract.part_manifest import PartUser
from contract.refusal import PublishRefused
from lambdas.loading.neighbour_lists import Neighbours
from lambdas.loading.probe_proofs import AGREEMENT
from lambdas.loading.user_lists import ListRules, RankedList

# Products a row for items that its answer may lack: half of what the user has seen, which a model places high, half of
# the catalogue in turn.
_WITNESSES = 8


# A product that is smaller than this share of |u|^2 + |v|^2 is 0: doubles resolve no better.
_RESOLVED = 1e-14


class ItemRows:
    """The rows of the catalogue's items, or of the most popular ones of a very large one, by label."""

    def __init__(self, packed: bytes, *, width: int, items: int) -> None:
        """Take ``items.f32`` as it is (see contract.part_manifest).

        Args:
            width: numbers in a row.
            items: size of the catalogue.
        """
        count = len(packed) // (4 * (width + 1))
        held = memoryview(packed)  # a slice of which is no copy
        labels: Sequence[int] = _numbers("i", held[: 4 * count])
        self._rows = held[4 * count :]
        self._row = Struct(f"<{width}f")
        self._squares: dict[int, float] = {}
        self._whole = count == items  # then the place of each label is the label itself
        self.labels = labels

    def products(self, user: Sequence[float], labels: Iterable[int]) -> list[float | None]:
        """The inner product of the user's row and each item's; None of an item that is not among these.

        By <u, v> = (|u|^2 + |v|^2 - |u - v|^2) / 2, because math.dist takes half the time of a sum of products.
        """
        own, square = tuple(user), hypot(*user) ** 2
        places = labels if self._whole else map(self._place, labels)
        return [None if place is None else self._product(own, square, place) for place in places]

    def _product(self, user: tuple[float, ...], square: float, place: int) -> float:
        row = self._row.unpack_from(self._rows, place * self._row.size)
        if place not in self._squares:
            self._squares[place] = hypot(*row) ** 2
        squares = square + self._squares[place]
        product = (squares - dist(user, row) ** 2) / 2
        # Written so that NaN stays NaN.
        return 0.0 if abs(product) <= _RESOLVED * squares else product

    def _place(self, label: int) -> int | None:
        """Found by halving: a dict of ten million labels would take a gigabyte."""
        place = bisect_left(self.labels, label)
        return place if place < len(self.labels) and self.labels[place] == label else None


class RowProofs:
    """One part's user rows beside the items'."""

    def __init__(self, part: str, packed: bytes, items: ItemRows, *, users: int, width: int, rules: ListRules) -> None:
        """Take ``<part>.f32`` as it is.

        Args:
            users: how many rows there are.
            rules: of the lists.

        Raises:
            PublishRefused: when that is not its size.
        """
        if len(packed) != 4 * users * width:
            raise PublishRefused(
                f"the rows of {part} must be {users} of {width} numbers, {4 * users * width} bytes, got {len(packed)}; "
                "start another run"
            )
        self._part = part
        self._rows: Sequence[float] = _numbers("f", memoryview(packed))
        self._items = items
        self._width = width
        self._rules = rules

    def require(self, row: int, user: PartUser, found: Neighbours, ranked: RankedList) -> None:
        """Prove the list of one user.

        Args:
            row: the user's in the part.
            user: what extract knows of the user.
            found: the row's answer, best first.
            ranked: the list that was made of it.

        Raises:
            PublishRefused: naming the row, the item, its product and what was given for it.
        """
        own = self._rows[row * self._width : (row + 1) * self._width]
        if "exact" in user:
            self._require_products(row, user, own, ranked.labels, ranked.scores)
            return
        # Of a list that is short, what was passed over counts to the end.
        short = len(ranked.labels) < self._rules.top_x
        used = len(found.labels) if short else found.labels.index(ranked.labels[-1]) + 1
        self._require_products(row, user, own, found.labels[:used], found.distances[:used])
        if self._rules.complete:
            self._require_nothing_better(row, user, own, found)

    def _require_products(
        self, row: int, user: PartUser, own: Sequence[float], labels: Sequence[int], given: Sequence[float]
    ) -> None:
        tolerance = _tolerance(given)
        products = self._items.products(own, labels)
        for label, product, distance in zip(labels, products, given, strict=True):
            # Written so that NaN, the product of an item that no list may hold, is a fault.
            if product is not None and not abs(product - distance) <= tolerance:
                raise PublishRefused(
                    f"row {row} of {self._part} is not proven: item {label} has {distance:.7g} for user "
                    f"{user['user']!r}, the product of their vectors is {product:.7g}"
                )

    def _require_nothing_better(self, row: int, user: PartUser, own: Sequence[float], found: Neighbours) -> None:
        if not found.labels:
            return
        answered = set(found.labels)
        witnesses = [label for label in self._witnesses(row, user) if label not in answered]
        worst = found.distances[-1] + _tolerance(found.distances)
        for label, product in zip(witnesses, self._items.products(own, witnesses), strict=True):
            if product is not None and product > worst:
                raise PublishRefused(
                    f"row {row} of {self._part} is not proven: item {label} is missing from the answer for user "
                    f"{user['user']!r}, and its product {product:.7g} is better than the worst answered, "
                    f"{found.distances[-1]:.7g}"
                )

    def _witnesses(self, row: int, user: PartUser) -> list[int]:
        """Other ones in each row, so that every item is looked for in some."""
        seen, catalogue = user["seen"], self._items.labels
        half = _WITNESSES // 2
        chosen = list(islice(_in_turn(seen, row), half))
        return chosen + list(islice(_in_turn(catalogue, row * half), _WITNESSES - len(chosen)))


def _in_turn(labels: Sequence[int], start: int) -> Iterable[int]:
    """Each label once, from a place that moves with ``start``, in strides over the whole."""
    count = len(labels)
    stride = max(1, count // _WITNESSES)
    return (labels[(start + place * stride) % count] for place in range(min(count, _WITNESSES)))


def _tolerance(distances: Sequence[float]) -> float:
    return AGREEMENT * max(map(abs, distances), default=0.0)


def _numbers(kind: str, packed: memoryview) -> "array[Any]":
    found: array[Any] = array(kind)
    found.frombytes(packed)
    if sys.byteorder == "big":
        found.byteswap()
    return found
