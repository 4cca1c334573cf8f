"""Verifies each list with the vectors: every distance of a row must be the right product, or nothing is loaded.

The probes (probe_proofs.py) show on a few rows what k-NN's answers mean, but not an error in a single row: so the
loader recomputes the products of a list, item by item, best first, to the end of the list. A product that differs from
the distance reveals a wrong row, label or distance. It does not reveal an item that is missing from an answer, with the
next best in its place; for that, a few products of each row are compared with the worst distance of its answer.
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

# The number of products for each row to find missing items: half for items that the user has seen, which a model ranks
# high, half for the catalogue in turn.
_WITNESSES = 8


# A product that is smaller than this share of |u|^2 + |v|^2 counts as 0: doubles are no more precise.
_RESOLVED = 1e-14


class ItemRows:
    """The rows of the catalogue's items, by label, or of the most popular ones of a very large one."""

    def __init__(self, packed: bytes, *, width: int, items: int) -> None:
        """Use ``items.f32`` as it is (see contract.part_manifest).

        Args:
            width: numbers in a row.
            items: size of the catalogue.
        """
        count = len(packed) // (4 * (width + 1))
        held = memoryview(packed)  # slices of it are not copies
        labels: Sequence[int] = _numbers("i", held[: 4 * count])
        self._rows = held[4 * count :]
        self._row = Struct(f"<{width}f")
        self._squares: dict[int, float] = {}
        self._whole = count == items  # then each label's position is the label itself
        self.labels = labels

    def products(self, user: Sequence[float], labels: Iterable[int]) -> list[float | None]:
        """The inner products of the user's row with each item's; None for items that are not among these.

        Computed as <u, v> = (|u|^2 + |v|^2 - |u - v|^2) / 2, because math.dist takes half the time of a sum of
        products.
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
        """Binary search: a dict of ten million labels would take a gigabyte."""
        place = bisect_left(self.labels, label)
        return place if place < len(self.labels) and self.labels[place] == label else None


class RowProofs:
    """One part's user rows, and the items' rows."""

    def __init__(self, part: str, packed: bytes, items: ItemRows, *, users: int, width: int, rules: ListRules) -> None:
        """Use ``<part>.f32`` as it is.

        Args:
            users: the number of rows.
            rules: the rules of lists.

        Raises:
            PublishRefused: if its size is wrong.
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
        """Verify the list of one user.

        Args:
            row: the user's row in the part.
            user: extract's data about the user.
            found: the answer for the row, best first.
            ranked: the list made from it.

        Raises:
            PublishRefused: naming the row, the item, its product and the distance that was returned.
        """
        own = self._rows[row * self._width : (row + 1) * self._width]
        if "exact" in user:
            self._require_products(row, user, own, ranked.labels, ranked.scores)
            return
        # For a short list, all remaining neighbours were considered, so all are checked.
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
            # Written so that NaN, the product of an item that no list may contain, is an error.
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
        """Different ones in each row, so that every item is checked in some."""
        seen, catalogue = user["seen"], self._items.labels
        half = _WITNESSES // 2
        chosen = list(islice(_in_turn(seen, row), half))
        return chosen + list(islice(_in_turn(catalogue, row * half), _WITNESSES - len(chosen)))


def _in_turn(labels: Sequence[int], start: int) -> Iterable[int]:
    """Each label once, from a position that moves with ``start``, in strides over the whole."""
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
