"""Generates interactions of a million users in seconds, by a documented model: ``python -m benchmarks.clustered
FOLDER``.

Users have log-normal numbers of events and one or two of ``kinds`` tastes; each item belongs to one kind and has an
appeal ~ (rank + 10)^-tail within it. An event is, with probability ``own``, of one of the user's tastes, otherwise of
any kind; its item is sampled by appeal. Times are uniform over a year. The cost of a sample does not depend on the
number of items, unlike a score of each user for each item (quality/generated.py).
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

_BEGIN = 1_735_689_600
_YEAR = 365 * 86_400
_TAIL = 1.0
_OWN = 0.75
_SPREAD = 0.9


@dataclass(frozen=True)
class Size:
    """Number of users and items, and mean number of events per user; a pair may be sampled repeatedly."""

    users: int
    items: int
    events: int


def draw(size: Size, seed: int) -> pa.Table:
    """Sample the columns user, item and time, unsorted."""
    random = np.random.default_rng(seed)
    kinds = max(2, size.items // 250)
    counts = np.exp(random.normal(0, _SPREAD, size.users))
    counts = np.maximum(1, counts * (size.events / counts.sum())).astype(np.int64)
    tastes = random.integers(kinds, size=(size.users, 2))
    users = np.repeat(np.arange(size.users), counts)
    kind = np.where(
        random.random(len(users)) < _OWN,
        tastes[users, random.integers(2, size=len(users))],
        random.integers(kinds, size=len(users)),
    )
    items = _items_of(kind, kinds, size.items, random)
    times = _BEGIN + random.integers(_YEAR, size=len(users))
    order = random.permutation(len(users))
    return pa.table(
        {
            "user": _named("u", users[order]),
            "item": _named("i", items[order]),
            "time": times[order],
        }
    )


def _items_of(kind: NDArray[np.int64], kinds: int, items: int, random: np.random.Generator) -> NDArray[np.int64]:
    """An item of the kind of each event: item i is of kind i % kinds, and i // kinds is its rank there."""
    each = items // kinds
    appeal = np.cumsum((np.arange(each) + 10.0) ** -_TAIL)
    rank = np.searchsorted(appeal / appeal[-1], random.random(len(kind)), side="right")
    return rank * kinds + kind


def _named(prefix: str, numbers: NDArray[np.int64]) -> pa.ChunkedArray:
    """``u17`` for 17, as a dictionary column: each text is stored once."""
    names = pa.array([f"{prefix}{number}" for number in range(int(numbers.max()) + 1)])
    return pa.chunked_array(
        [pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32)), names).cast(pa.string())]
    )


def write(table: pa.Table, folder: Path, *, form: str = "csv", files: int = 4) -> Path:
    """Write a folder as for ``topx run --data``.

    Args:
        form: csv, csv.gz or parquet.
    """
    (folder / "interactions").mkdir(parents=True)
    rows = -(-len(table) // files)
    for number in range(files):
        part = table.slice(number * rows, rows)
        path = folder / "interactions" / f"part-{number}.{form}"
        if form == "parquet":
            parquet.write_table(part, path)
        else:
            options = csv.WriteOptions(quoting_style="none")
            with pa.output_stream(path, compression="gzip" if form == "csv.gz" else None) as stream:
                csv.write_csv(part, stream, options)
    dataset = {"format": "parquet" if form == "parquet" else "csv", "user": "user", "item": "item", "timestamp": "time"}
    (folder / "dataset.json").write_text(json.dumps(dataset), encoding="utf-8")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--form", choices=("csv", "csv.gz", "parquet"), default="csv.gz")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write(draw(Size(given.users, given.items, given.events), given.seed), given.folder, form=given.form)


if __name__ == "__main__":
    main()
