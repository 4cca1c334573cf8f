"""Recommendations for new items and new users: python -m benchmarks.quality.cold_start

From a data set whose items have features, all interactions of some items are removed, and all but the first one, two or
three of some users. A run gets the rest. It measures

- the items without interactions, ranked among themselves for the users who had some of them,
- the lists of the users with one to three interactions, on the removed ones.

The published score is compared with its two parts alone, the factorization machine and the history block; with
most-popular; with item neighbours by cosine (Sarwar et al. 2001), with the 100 nearest; and for the items without
interactions with the number of a user's items that have the same features, which needs no model.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.quality import generated, stages
from containers.extract.data.data_index import DataIndex
from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.evaluation import bootstrap, metrics
from containers.extract.lists.most_popular import rank_most_popular
from containers.extract.lists.ranking import NO_ITEM, best, rank
from topx.samples import movielens

_SEED = 11
# The share of items that keep no interaction, and of users who keep almost none.
_COLD_ITEMS, _LIGHT_USERS = 10, 4
_FEW = (1, 2, 3)
# Users with fewer distinct items have too little left to measure.
_FEWEST = 8
_NEAREST = 100
_WIDE = 40
_SETS: dict[str, Callable[[Path], Path]] = {
    "movielens": movielens.write,
    **{
        name: partial(generated.write, generated.SHAPES[name], seed=_SEED)
        for name in ("dense", "long-tail", "strong-drift")
    },
}
_PARTS = {
    "ours": {},
    "the factorization machine alone": {"history_weight": 0},
    "the history block alone": {"history_weight": 1},
}

Pairs = dict[str, list[str]]
"""Items by user."""


@dataclass(frozen=True)
class Removed:
    """The removed interactions by user, of the items and of the light users; and how many each of those kept."""

    cold: Pairs
    later: Pairs
    kept: dict[str, int]


@dataclass(frozen=True)
class Task:
    """Users' rows in the index, and what each list should contain and may not contain."""

    users: NDArray[np.int64]
    wanted: ItemSets
    excluded: ItemSets
    servable: NDArray[np.bool_]

    def ndcg(self, labels: Labels) -> str:
        """The mean NDCG@10 of lists (users, 10), and half its 95 % interval."""
        hits = metrics.found(labels, self.wanted, len(self.servable))
        each = metrics.ndcg(hits, self.wanted.counts())
        lower, upper = bootstrap.intervals(each[:, np.newaxis])[:, 0]
        return f"{each.mean():.4f} ± {(upper - lower) / 2:.4f}"

    def lists(self, user_rows: NDArray[np.float32], item_rows: NDArray[np.float32]) -> Labels:
        """By inner product."""
        return rank(user_rows, item_rows, self.excluded, metrics.LIST_LENGTH, servable=self.servable).labels


def main() -> int:
    """Print a table for each data set."""
    parser = argparse.ArgumentParser(description="lists for new items and new users")
    parser.add_argument("set", nargs="*", default=list(_SETS), help=f"of {', '.join(_SETS)}; by default all")
    for name in parser.parse_args().set:
        with tempfile.TemporaryDirectory(prefix="cold-start-") as folder:
            _measure(name, Path(folder))
    return 0


def _measure(name: str, work: Path) -> None:
    data = _SETS[name](work / "data")
    removed = _take_away(data)
    request = {"seed": 0, "refit": False}
    prepared = stages.prepare(data, request, work / "prepare")
    archive = stages.train(prepared, work / "train", {})
    summary = stages.summary_of(prepared)
    index = DataIndex(prepared.processing_output("prepared") / "index", summary["users"], summary["items"])
    tasks = dict(_tasks(index, removed))
    print(f"\n{name}: NDCG@10 and half its 95 % interval")
    print(" " * _WIDE + "".join(f"{title:>28}" for title in tasks))
    print(f"{'users':{_WIDE}}" + "".join(f"{len(task.users):28,}" for task in tasks.values()))
    for label, lists in _others(index).items():
        _print(label, (task.ndcg(lists(task)) for task in tasks.values()))
    for place, (label, changed) in enumerate(_PARTS.items()):
        extracted = stages.extract(prepared, archive, request | changed, work / f"extract-{place}")
        served = stages.rows_of(extracted, summary["items"])
        _print(label, (task.ndcg(task.lists(served.users[task.users], served.items)) for task in tasks.values()))


def _print(label: str, cells: Iterable[str]) -> None:
    print(f"{label:{_WIDE}}" + "".join(f"{cell:>28}" for cell in cells), flush=True)


def _take_away(data: Path) -> Removed:
    """Rewrite the interactions without the removed ones."""
    described = json.loads((data / "dataset.json").read_text(encoding="utf-8"))
    user, item, time = (described[name] for name in ("user", "item", "timestamp"))
    folder = data / "interactions"
    rows = duckdb.read_csv([str(file) for file in sorted(folder.iterdir())], all_varchar=True)
    table = rows.order(", ".join([f"{time}::BIGINT", *rows.columns])).fetchall()
    who, what = rows.columns.index(user), rows.columns.index(item)
    draw = np.random.default_rng(_SEED)
    items = sorted({row[what] for row in table})
    cold = set(draw.choice(items, len(items) // _COLD_ITEMS, replace=False).tolist())
    had: Pairs = {}
    for row in table:
        if row[what] not in cold and row[what] not in had.setdefault(row[who], []):
            had[row[who]].append(row[what])
    able = sorted(user for user, found in had.items() if len(found) >= _FEWEST)
    light = draw.choice(able, len(able) // _LIGHT_USERS, replace=False).tolist()
    kept = {user: _FEW[place % len(_FEW)] for place, user in enumerate(light)}
    removed = Removed({}, {user: had[user][count:] for user, count in kept.items()}, kept)
    left = []
    for row in table:
        if row[what] in cold:
            removed.cold.setdefault(row[who], []).append(row[what])
        elif row[what] not in removed.later.get(row[who], []):
            left.append(row)
    for file in folder.iterdir():
        file.unlink()
    with (folder / "left.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([rows.columns, *left])
    return removed


def _tasks(index: DataIndex, removed: Removed) -> Iterator[tuple[str, Task]]:
    items = {item: place for place, item in enumerate(index.catalogue().ids)}
    nobody = np.zeros(index.items, dtype=np.int64)
    np.add.at(nobody, index.training_sets().items, 1)
    cold = {user: found for user, found in removed.cold.items() if user not in removed.kept}
    users, wanted = _sets(index, items, cold)
    yield "items without interactions", Task(users, wanted, ItemSets.empty(len(users)), nobody == 0)
    for count in _FEW:
        later = {user: found for user, found in removed.later.items() if removed.kept[user] == count}
        users, wanted = _sets(index, items, later)
        known = index.interactions_of(users).all
        yield f"users with {count} interaction{'s' if count > 1 else ''}", Task(users, wanted, known, nobody > 0)


def _sets(index: DataIndex, items: Mapping[str, int], pairs: Pairs) -> tuple[NDArray[np.int64], ItemSets]:
    """Rows and items of the users who are in the index."""
    places = {user: place for place, user in enumerate(index.user_ids(0, index.users))}
    found = {
        places[user]: sorted({items[item] for item in what if item in items})
        for user, what in pairs.items()
        if user in places
    }
    users = sorted(user for user, what in found.items() if what)
    starts = np.cumsum([0, *(len(found[user]) for user in users)])
    return np.array(users), ItemSets(starts, np.concatenate([found[user] for user in users]).astype(np.int32))


def _others(index: DataIndex) -> dict[str, Callable[[Task], Labels]]:
    """The rankings to compare ours with."""
    sets, popularity = index.training_sets(), index.catalogue().popularity
    seen = sp.csr_matrix((np.ones(len(sets.items)), sets.items, sets.starts), shape=(index.users, index.items))
    near, features = _nearest(seen), _features(index)
    return {
        "most popular": lambda task: rank_most_popular(
            popularity, task.excluded, metrics.LIST_LENGTH, servable=task.servable
        ),
        "item neighbours, cosine": lambda task: _of_scores(task, (seen[task.users] @ near).toarray()),
        "the same features as the user's items": lambda task: _of_scores(
            task, (seen[task.users] @ features @ features.T).toarray()
        ),
    }


def _nearest(seen: sp.csr_matrix) -> sp.csr_matrix:
    """The cosine of each item with its nearest others; 0 with all other items."""
    lengths = np.maximum(np.sqrt(np.asarray(seen.sum(axis=0)).ravel()), 1)
    scaled = (seen @ sp.diags(1 / lengths)).tocsc()
    cosine = (scaled.T @ scaled).tolil()
    cosine.setdiag(0)
    rows = cosine.tocsr()
    for item in range(rows.shape[0]):
        own = slice(rows.indptr[item], rows.indptr[item + 1])
        values = rows.data[own]
        if len(values) > _NEAREST:
            values[values < np.partition(values, -_NEAREST)[-_NEAREST]] = 0
    return rows.T.tocsr()


def _features(index: DataIndex) -> sp.csr_matrix:
    """The items' features, normalized for each item: (items, features)."""
    found = index.rows("SELECT item_index, feature, weight FROM item_features")
    columns = np.unique(found["feature"], return_inverse=True)[1]
    rows = sp.csr_matrix((found["weight"], (found["item_index"], columns)), shape=(index.items, columns.max() + 1))
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sp.diags(1 / np.maximum(lengths, 1e-12)) @ rows


def _of_scores(task: Task, scores: NDArray[np.float64]) -> Labels:
    """The lists for these scores (users, items)."""
    products = scores.astype(np.float32)
    products[task.excluded.owners(), task.excluded.items] = -np.inf
    products[:, ~task.servable] = -np.inf
    labels = np.full((len(products), metrics.LIST_LENGTH), NO_ITEM, dtype=np.int32)
    best(products, labels, np.full(labels.shape, -np.inf, dtype=np.float32), None)
    return labels


if __name__ == "__main__":
    sys.exit(main())
