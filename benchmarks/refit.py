"""What the second training, on everything, gains on later interactions, and what it costs: python -m
benchmarks.refit

Every user's newest items are removed from a sample, and a run gets the rest. The run's two models, the measured one and
the one trained on everything, then rank for the removed items. Takes half an hour.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import stages
from benchmarks.quality.stages import ServedRows
from containers.extract.data.data_index import DataIndex
from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.evaluation.comparison import Comparison, compare
from containers.extract.evaluation.metrics import RECALL_AT, Popularity
from containers.extract.lists.ranking import rank
from sagemaker_contract.job_paths import JobPaths
from topx.samples import complete_journey, movielens

_SEEDS = (0, 1, 2)
# How many of the newest items are removed for each user who has at least four times as many.
_CUT = 5
_SAMPLES = {
    "movielens": (movielens.write, movielens.DATASET, "read_csv('{}/*', all_varchar = true)"),
    "complete-journey": (complete_journey.write, complete_journey.DATASET, "read_parquet('{}/*')"),
}


def main() -> int:
    """Measure both samples and print a line for each seed."""
    for name in sys.argv[1:] or _SAMPLES:
        with tempfile.TemporaryDirectory(prefix="refit-") as folder:
            data, later = _cut(name, Path(folder))
            found = [_measure(data, later, seed, Path(folder) / str(seed)) for seed in _SEEDS]
        print(f"\n{name}: NDCG@10 on the {_CUT} newest items of a user, which neither model knew")
        for seed, (beside, first, second) in zip(_SEEDS, found, strict=True):
            measured, everything = (measured.metrics["ndcg@10"] for measured in (beside.other, beside.model))
            low, high = beside.ratio_interval or (float("nan"), float("nan"))
            print(
                f"seed {seed}: measured model {measured:.4f}, trained on everything {everything:.4f}, ratio "
                f"{everything / measured:.3f} ({low:.3f} to {high:.3f}) over {beside.users:,} users; training and "
                f"extraction took {first:.0f} s, and the second time {second:.0f} s",
                flush=True,
            )
        print(f"mean ratio {statistics.mean(beside.ratio or 0 for beside, *_ in found):.3f}")
    return 0


def _cut(name: str, folder: Path) -> tuple[Path, list[tuple[str, str]]]:
    """The sample without every user's newest items, and these as pairs of user and item."""
    write, described, reader = _SAMPLES[name]
    data = write(folder / "data")
    rows = reader.format(data / "interactions")
    user, item, began = described["user"], described["item"], f"min({described['timestamp']})"
    if name == "movielens":
        began = f"min({described['timestamp']}::BIGINT)"
    duckdb.execute(f"CREATE OR REPLACE TABLE interactions AS FROM {rows}")
    duckdb.execute(
        f"CREATE OR REPLACE TABLE later AS SELECT {user}, {item} FROM interactions GROUP BY {user}, {item} QUALIFY "
        f"row_number() OVER (PARTITION BY {user} ORDER BY {began} DESC, {item}) <= {_CUT} "
        f"AND count(*) OVER (PARTITION BY {user}) >= {4 * _CUT}"
    )
    for file in (data / "interactions").iterdir():
        file.unlink()
    kept = data / "interactions" / f"kept.{described['format']}"
    duckdb.execute(f"COPY (FROM interactions ANTI JOIN later USING ({user}, {item})) TO '{kept}'")
    later = duckdb.execute(f"SELECT {user}::VARCHAR, {item}::VARCHAR FROM later").fetchall()
    return data, [(str(user), str(item)) for user, item in later]


def _measure(data: Path, later: list[tuple[str, str]], seed: int, work: Path) -> tuple[Comparison, float, float]:
    """Compare the second model with the first, and the seconds that each took to train and extract."""
    prepared, extracted, first = _model(data, {"seed": seed, "refit": False}, "train", None, work / "first")
    _, again, second = _model(data, {"seed": seed}, "refit", stages.metrics_of(extracted), work / "second")
    summary = stages.summary_of(prepared)
    index = DataIndex(prepared.processing_output("prepared") / "index", summary["users"], summary["items"])
    users = {user: place for place, user in enumerate(index.user_ids(0, index.users))}
    items = {item: place for place, item in enumerate(index.catalogue().ids)}
    pairs = np.array(
        sorted((users[user], items[item]) for user, item in later if user in users and item in items), dtype=np.int64
    )
    rows, starts = np.unique(pairs[:, 0], return_index=True)
    wanted = ItemSets(np.append(starts, len(pairs)), pairs[:, 1].astype(np.int32))
    seen = index.interactions_of(rows).all
    lists = [_lists(stages.rows_of(paths, len(items)), rows, seen) for paths in (again, extracted)]
    beside = compare(lists[0], lists[1], wanted, Popularity.of(index.catalogue().popularity))
    return beside, first, second


def _model(
    data: Path, request: dict[str, Any], files: str, measured: dict[str, Any] | None, work: Path
) -> tuple[JobPaths, JobPaths, float]:
    """The trees of prepare and extract, and the seconds for training and extracting."""
    prepared = stages.prepare(data, request, work / "prepare")
    began = time.monotonic()
    archive = stages.train(prepared, work / "train", {}, files=files)
    extracted = stages.extract(prepared, archive, request, work / "extract", measured=measured)
    seconds = time.monotonic() - began
    return prepared, extracted, seconds


def _lists(model: ServedRows, users: NDArray[np.int64], seen: ItemSets) -> Labels:
    return rank(model.users[users], model.items, seen, RECALL_AT, servable=model.servable).labels


if __name__ == "__main__":
    sys.exit(main())
