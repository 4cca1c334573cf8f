"""Generates interactions by a documented model, in shapes that the samples do not have.

Item i has a taste vector v_i around the center of one of the ``kinds``, an appeal p_i ~ (rank + 10)^-tail, a day on
which it appears, and a few companions: its series, brand or quarter. User u has a taste vector around one or two of the
same centers, and a number of events from a log-normal distribution. Each event, in order of time, is

- with probability ``repeats`` one of the user's earlier items again,
- with probability ``companions`` a companion of the user's last item,
- otherwise item i with probability ~ p_i exp(strength <u(t), v_i>) freshness_i(t).

u(t) moves in the course of the year from one taste vector to another (by the share ``drift``), and freshness_i halves
in ``half_life`` days from the day on which i appears. Low rank alone would favor factor models: companions add what
real data also has, structure between single items, which only weights of item pairs represent exactly.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
from numpy.typing import NDArray

_DIMENSIONS = 24
_DAYS = 365
# How often in the year tastes and freshness are recomputed.
_PERIODS = 12
# The size of a group of companions.
_SERIES = 5
_BEGIN = 1_700_000_000


@dataclass(frozen=True)
class Shape:
    """The properties of a generated data set; the module's docstring explains the numbers."""

    users: int
    items: int
    events: float
    spread: float = 0.8
    tail: float = 1.0
    kinds: int = 40
    strength: float = 4.0
    companions: float = 0.2
    drift: float = 0.2
    half_life: float = 2_000
    repeats: float = 0.0


SHAPES = {
    "dense": Shape(users=2_500, items=1_500, events=90, companions=0.15),
    "long-tail": Shape(users=12_000, items=9_000, events=14, tail=0.8, kinds=150, companions=0.3),
    "short-histories": Shape(users=15_000, items=4_000, events=6, spread=0.4, kinds=80, companions=0.25),
    "strong-drift": Shape(users=4_000, items=5_000, events=45, drift=0.9, half_life=60),
    "repeat-purchases": Shape(users=3_000, items=6_000, events=150, tail=1.1, repeats=0.6, strength=3.0),
}


def write(shape: Shape, folder: Path, seed: int, *, timed: bool = True) -> Path:
    """Generate a data set, and write it as for ``topx run --data``, with each item's kind as a feature.

    Args:
        folder: does not exist yet.
        timed: if false, without times and in random order, so that a random sample is held out.
    """
    draw = np.random.default_rng(seed)
    kinds, events = _draw(shape, draw)
    if not timed:
        events = events[draw.permutation(len(events))]
    dataset = {
        "format": "csv",
        "user": "user",
        "item": "item",
        "items": {"id": "item", "features": {"kind": "category"}},
        **({"timestamp": "time"} if timed else {}),
    }
    for name in ("interactions", "items"):
        (folder / name).mkdir(parents=True)
    _write(
        folder / "interactions" / "events.csv",
        ["user", "item", "time"] if timed else ["user", "item"],
        [[f"u{user}", f"i{item}", _BEGIN + seconds][: 3 if timed else 2] for user, item, seconds in events.tolist()],
    )
    _write(
        folder / "items" / "items.csv",
        ["item", "kind"],
        [[f"i{item}", f"k{kind}"] for item, kind in enumerate(kinds.tolist())],
    )
    (folder / "dataset.json").write_text(json.dumps(dataset), encoding="utf-8")
    return folder


def _draw(shape: Shape, draw: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each item's kind (items,), and the events (n, 3): user, item, seconds since the year began."""
    centres = _directions(draw.normal(size=(shape.kinds, _DIMENSIONS)))
    kinds = draw.integers(shape.kinds, size=shape.items)
    vectors = _directions(centres[kinds] + 0.6 * _directions(draw.normal(size=(shape.items, _DIMENSIONS))))
    tastes = np.stack([_tastes(shape, centres, draw) for _ in range(2)])
    appeal = -shape.tail * np.log(draw.permutation(shape.items) + 10)
    # Nine of ten items existed before the year began.
    appears = draw.uniform(-9 * _DAYS, _DAYS, size=shape.items)
    # Companions are of the same kind: neighbours in its order.
    order = np.lexsort((draw.random(shape.items), kinds))
    counts = np.maximum(2, np.exp(draw.normal(np.log(shape.events), shape.spread, size=shape.users))).astype(np.int64)
    events = np.empty((int(counts.sum()), 3), dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)])
    _live(_numbers(shape), (tastes, starts), (vectors, appeal, appears, order), int(draw.integers(2**31)), events)
    return kinds, events


def _numbers(shape: Shape) -> NDArray[np.float64]:
    """The parameters of the compiled function, in its order."""
    return np.array([shape.strength, shape.companions, shape.drift, shape.half_life, shape.repeats])


def _directions(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _tastes(shape: Shape, centres: NDArray[np.float64], draw: np.random.Generator) -> NDArray[np.float64]:
    first, second = (centres[draw.integers(shape.kinds, size=shape.users)] for _ in range(2))
    share = draw.uniform(0.5, 1, size=(shape.users, 1))
    own = 0.5 * _directions(draw.normal(size=(shape.users, _DIMENSIONS)))
    return _directions(share * first + (1 - share) * second + own)


def _write(file: Path, header: list[str], rows: Iterable[list[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _live(
    numbers: NDArray[np.float64],
    users: tuple[NDArray[np.float64], NDArray[np.int64]],
    items: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
    seed: int,
    events: NDArray[np.int64],
) -> None:
    """Fill ``events``.

    Args:
        users: tastes (2, users, dimensions), before and after; starts (users + 1,): user u's events are
            starts[u]:starts[u + 1].
        items: vectors, appeal, day of appearance, and the order in which companions are neighbours.
    """
    tastes, starts = users
    order = items[3]
    np.random.seed(seed)
    place = np.argsort(order)
    had = np.full(len(order), -1, dtype=np.int64)
    for user in range(len(starts) - 1):
        first, last = starts[user], starts[user + 1]
        days = np.sort(np.random.random(last - first)) * _DAYS
        distinct, count, now = np.empty(last - first, dtype=np.int64), 0, -1
        total = np.zeros(len(order))
        for event in range(last - first):
            period = int(days[event] / _DAYS * _PERIODS)
            if period != now:
                now = period
                total = _chances(numbers, tastes[:, user], items, period)
            item = -1
            if count and np.random.random() < numbers[4]:
                item = distinct[np.random.randint(count)]
            elif event and np.random.random() < numbers[1]:
                series = place[events[first + event - 1, 1]] // _SERIES * _SERIES
                beside = order[min(series + np.random.randint(_SERIES), len(order) - 1)]
                item = beside if had[beside] != user and items[2][beside] <= days[event] else -1
            if item < 0:
                item = _anew(total, had, user)
            if had[item] != user:
                had[item], distinct[count] = user, item
                count += 1
            events[first + event] = user, item, int(days[event] * 86_400)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _chances(
    numbers: NDArray[np.float64],
    tastes: NDArray[np.float64],
    items: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
    period: int,
) -> NDArray[np.float64]:
    """The cumulative sums of all items' weights for a user in a period of the year."""
    vectors, appeal, appears, _ = items
    share = numbers[2] * (period + 0.5) / _PERIODS
    taste = (1 - share) * tastes[0] + share * tastes[1]
    taste = taste / np.sqrt((taste * taste).sum())
    day = (period + 0.5) * _DAYS / _PERIODS
    weights = np.exp(appeal + numbers[0] * (vectors @ taste)) * 0.5 ** (np.maximum(day - appears, 0) / numbers[3])
    return np.cumsum(np.where(appears <= day, weights, 0))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _anew(total: NDArray[np.float64], had: NDArray[np.int64], user: int) -> int:
    """An item that the user has not had; after a hundred samples of known ones, one of those."""
    item = 0
    for _ in range(100):
        item = min(np.searchsorted(total, np.random.random() * total[-1], side="right"), len(total) - 1)
        if had[item] != user:
            break
    return item
