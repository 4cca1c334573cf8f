"""The MovieLens sample through the whole workflow, compared with brute force over the published score."""

import csv
import gzip
import io
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from sagemaker.amazon.common import read_records

from sagemaker_contract import recordio
from tests.end_to_end.conftest import SMALL, Checkerboard, Published, Run, Tool

TOP_X = 100


@pytest.fixture(scope="module")
def run(topx: Tool) -> Run:
    return topx.run("--sample", "movielens", refit=False)


@pytest.fixture(scope="module")
def published(run: Run, topx: Tool) -> Published:
    assert run.record["status"] == "published", run.out + run.err
    return topx.published()


@dataclass(frozen=True)
class Index:
    """prepare's own index of the data: the user or item of each row, and who interacted with what."""

    users: list[str]
    items: list[str]
    pairs: list[tuple[int, int, bool, float]]  # user index, item index, held out, time


@pytest.fixture(scope="module")
def index(run: Run, topx: Tool, tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("index")
    for name in ("users", "items", "pairs"):
        (folder / f"{name}.parquet").write_bytes(topx.body(f"{run.layout.index}{name}.parquet"))
    read = duckdb.connect().execute
    return Index(
        [name for (name,) in read(f"SELECT user FROM '{folder}/users.parquet' ORDER BY user_index").fetchall()],
        [name for (name,) in read(f"SELECT item FROM '{folder}/items.parquet' ORDER BY item_index").fetchall()],
        read(f"SELECT user_index, item_index, held_out, time FROM '{folder}/pairs.parquet'").fetchall(),
    )


def dense(topx: Tool, prefix: str) -> tuple[int, NDArray[np.float32], list[float]]:
    """The number of files under ``prefix``, their rows and their labels, by SageMaker's own reader."""
    keys = sorted(key for key in topx.keys(prefix) if key.endswith(".pbr"))
    records = [record for key in keys for record in read_records(io.BytesIO(topx.body(key)))]
    rows = np.array([record.features["values"].float32_tensor.values for record in records], dtype=np.float32)
    labels = [record.label["values"].float32_tensor.values[0] for record in records if "values" in record.label]
    return len(keys), rows, labels


def ratings(topx: Tool) -> dict[str, set[str]]:
    """Each user's ratings, from the uploaded files."""
    rated: dict[str, set[str]] = {}
    for key in topx.keys("input/interactions/"):
        body = topx.body(key)
        text = (gzip.decompress(body) if key.endswith(".gz") else body).decode()
        for row in csv.DictReader(io.StringIO(text)):
            rated.setdefault(row["userId"], set()).add(row["movieId"])
    return rated


def test_the_sample_is_counted_and_measured(run: Run, published: Published) -> None:
    assert run.code == 0
    counts = [run.record[name] for name in ("users", "items", "interactions", "rejected")]
    assert counts == [671, 9_066, 100_004, 0]
    for side in ("model", "most_popular"):
        assert set(run.record["metrics"][side]) == {"ndcg@10", "recall@20", "coverage"}
    assert run.record["seconds"]["Train factorization machines"] > 0
    assert "Published" in run.out
    assert "gets now" in run.out


def test_every_list_equals_brute_force_over_the_served_score(
    run: Run, published: Published, index: Index, topx: Tool
) -> None:
    parts, users, _ = dense(topx, run.layout.user_vectors)
    item_files, items, labels = dense(topx, run.layout.item_vectors)
    assert parts >= 3
    assert item_files >= 2
    items = items[np.argsort(labels)]
    scores = users.astype(np.float64) @ items.astype(np.float64).T
    rated, place = ratings(topx), {item: number for number, item in enumerate(index.items)}
    assert set(published.lists) == set(rated) == set(index.users)
    for row, user in enumerate(index.users):
        listed, served = published.lists[user]
        unseen = np.ones(len(place), dtype=bool)
        unseen[[place[item] for item in rated[user]]] = False
        best = np.sort(scores[row][unseen])[::-1][: len(listed)]
        assert len(listed) == len(set(listed)) == min(TOP_X, int(unseen.sum()))
        assert not set(listed) & rated[user]
        true = scores[row][[place[item] for item in listed]]
        np.testing.assert_allclose(true, best, rtol=1e-4, atol=1e-6, err_msg=f"items or order of user {user}")
        np.testing.assert_allclose(served, true, rtol=1e-4, atol=1e-6, err_msg=f"scores of user {user}")


def test_no_held_out_pair_is_trained_on_or_published(run: Run, published: Published, index: Index, topx: Tool) -> None:
    everyone, everything = len(index.users), len(index.items)
    keys = [key for key in topx.keys(run.layout.train) if key.endswith(".pbr")]
    assert len(keys) >= 2
    codes = []
    for key in keys:
        records = recordio.read_sparse(topx.body(key))
        assert records.labels is not None
        first = records.indptr[:-1][records.labels == 1]  # the entries of a row: user, item, features
        user, item = records.keys[first].astype(np.int64), records.keys[first + 1].astype(np.int64)
        codes.append(user * everything + item - everyone)
    positives = set(np.unique(np.concatenate(codes)).tolist())
    held_out = {user * everything + item for user, item, held, _ in index.pairs if held}
    assert len(held_out) > 10_000
    assert not positives & held_out
    assert positives | held_out == {user * everything + item for user, item, _, _ in index.pairs}
    lists = {user: set(items) for user, (items, _) in published.lists.items()}
    for user, item, held, _ in index.pairs:
        assert not held or index.items[item] not in lists[index.users[user]]


def test_what_is_held_out_is_the_latest_fifth(index: Index) -> None:
    trained: dict[int, list[float]] = {}
    kept: dict[int, list[float]] = {}
    for user, _, held, time in index.pairs:
        (kept if held else trained).setdefault(user, []).append(time)
    assert len(kept) == len(trained) == 671  # all users here have at least five interactions
    for user, times in kept.items():
        assert min(times) >= max(trained[user])
        number = len(times) + len(trained[user])
        assert len(times) == max(1, int(0.2 * number)), f"{len(times)} of {number}"


def test_the_published_lists_are_in_the_bucket_too(run: Run, published: Published, topx: Tool) -> None:
    lines = [
        json.loads(line)
        for key in topx.keys(f"{run.layout.run}recommendations/")
        for line in gzip.decompress(topx.body(key)).splitlines()
    ]
    assert {line["user"]: line["items"] for line in lines} == {
        user: items for user, (items, _) in published.lists.items()
    }


# The data stays in the bucket; a gate of 100 ends a run after its evaluation.


def test_the_model_ranks_far_above_most_popular_for_another_seed_too(
    run: Run, published: Published, topx: Tool
) -> None:
    """``make quality`` uses three seeds, and compares with other models."""
    runs = [run, topx.run(seed=1, gate=100, refit=False)]
    assert [other.record["status"] for other in runs] == ["published", "refused"]
    ratios = [other.record["metrics"] for other in runs]
    mean = statistics.mean(metrics["model"]["ndcg@10"] / metrics["most_popular"]["ndcg@10"] for metrics in ratios)
    assert mean >= 1.3, [metrics["model"]["ndcg@10"] for metrics in ratios]
    assert topx.published() == published
    # The seed affects what is sampled, and so the vectors; test_checkerboard.py runs one seed twice.
    vectors = {topx.body(topx.keys(other.layout.item_vectors)[0]) for other in runs}
    assert len(vectors) == 2


def test_the_blogs_regressor_is_stopped_by_the_gate_and_published_without_it(
    run: Run, published: Published, topx: Tool, data: Callable[..., str]
) -> None:
    stopped = topx.run(feedback="explicit", refit=False)
    assert (stopped.code, stopped.record["status"]) == (3, "refused"), stopped.out
    assert "Quality too low" in stopped.record["seconds"]
    assert "Train k-NN" not in stopped.record["seconds"]
    for side in ("model", "most_popular"):
        assert f"{stopped.record['metrics'][side]['ndcg@10']:.4f}"[:5] in stopped.out
    assert topx.published() == published

    # Anything that the gate does not stop can be tested without films.
    board = data(Checkerboard().rows())
    let_through = topx.run("--data", board, **SMALL | {"feedback": "explicit", "gate": "off"})
    assert (let_through.code, let_through.record["status"]) == (0, "published"), let_through.out
    outcome = json.loads(topx.body(let_through.layout.outcome))
    assert outcome["gate"]["value"] == "off"
    assert outcome["gate"]["cause"].startswith("the gate is off")
    assert topx.published().pointer["current"] == let_through.record["run_id"]  # type: ignore[index]
