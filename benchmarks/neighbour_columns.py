"""What the additional columns of k-NN's rows cost, and what fewer would lose: python -m
benchmarks.neighbour_columns

Size and time are measured with faiss's flat inner-product index, as in SageMaker's k-NN, on random rows: they do not
depend on the content. The loss is measured with MovieLens' own rows: an orthogonal projection, by the singular values
of the scores, is the best one with its width for these users and items.
"""

import sys
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import stages
from topx.samples import movielens

_ITEMS, _USERS, _NEIGHBOURS = 50_000, 5_000, 200
# The factors and the linear term alone, or with a block of 128, 256 or 512 columns.
_WIDTHS = (65, 193, 321, 577)
_PROJECTED = (65, 129, 193, 321)
_LISTED = 100

Rows = NDArray[np.float32]


def main() -> int:
    """Print both tables."""
    draw = np.random.default_rng(0)
    print(f"{_ITEMS:,} items, {_USERS:,} users, {_NEIGHBOURS} neighbours, as multiples of {_WIDTHS[0]} columns")
    print(f"{'columns':>8}{'index bytes':>14}{'adding':>10}{'searching':>12}")
    found = [_measure(width, draw) for width in _WIDTHS]
    for width, each in zip(_WIDTHS, found, strict=True):
        size, adding, searching = (one / first for one, first in zip(each, found[0], strict=True))
        print(f"{width:8}{size:14.2f}{adding:10.2f}{searching:12.2f}")
    with tempfile.TemporaryDirectory(prefix="columns-") as folder:
        users, items = _rows(Path(folder))
    exact = _first(users, items)
    print(
        f"\nMovieLens, {items.shape[1]} columns: share of the first {_LISTED} items that stay, of first items that do"
    )
    halves = [rows.astype(np.float16).astype(np.float32) for rows in (users, items)]
    _print("16-bit numbers", exact, _first(*halves))
    for width in _PROJECTED:
        _print(f"projected to {width} columns", exact, _first(*_projected(users, items, width)))
    return 0


def _measure(width: int, draw: np.random.Generator) -> tuple[float, float, float]:
    """The size of the index in bytes, and the seconds for adding all items and for searching for all users."""
    items, users = (draw.standard_normal((count, width), dtype=np.float32) for count in (_ITEMS, _USERS))
    index = faiss.IndexFlatIP(width)
    started = time.perf_counter()
    index.add(items)
    added = time.perf_counter()
    index.search(users, _NEIGHBOURS)
    return items.nbytes, added - started, time.perf_counter() - added


def _rows(work: Path) -> tuple[Rows, Rows]:
    """The rows of all users and of the items that lists may contain."""
    request = {"seed": 0, "refit": False}
    prepared = stages.prepare(movielens.write(work / "data"), request, work / "prepare")
    archive = stages.train(prepared, work / "train", {})
    extracted = stages.extract(prepared, archive, request, work / "extract")
    served = stages.rows_of(extracted, stages.summary_of(prepared)["items"])
    return served.users, served.items[served.servable]


def _first(users: Rows, items: Rows) -> NDArray[np.int64]:
    return np.argsort(-(users @ items.T), axis=1, kind="stable")[:, :_LISTED]


def _projected(users: Rows, items: Rows, width: int) -> tuple[Rows, Rows]:
    """The rows of both sides in ``width`` columns, with the closest inner products (Eckart and Young 1936)."""
    (left, own), (right, others) = np.linalg.qr(users.astype(np.float64)), np.linalg.qr(items.astype(np.float64))
    inner, values, outer = np.linalg.svd(own @ others.T)
    return (
        (left @ inner[:, :width] * values[:width]).astype(np.float32),
        (right @ outer[:width].T).astype(np.float32),
    )


def _print(label: str, exact: NDArray[np.int64], found: NDArray[np.int64]) -> None:
    kept = [len(np.intersect1d(*pair)) / _LISTED for pair in zip(exact, found, strict=True)]
    print(f"{label:40}{np.mean(kept):8.3f}{np.mean(exact[:, 0] == found[:, 0]):8.3f}")


if __name__ == "__main__":
    sys.exit(main())
