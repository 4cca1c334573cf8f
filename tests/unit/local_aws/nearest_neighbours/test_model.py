"""The index compared with brute force, and with faiss itself."""

from pathlib import Path

import faiss
import numpy as np
import pytest

from local_aws.algorithms.nearest_neighbours.hyperparameters import parse
from local_aws.algorithms.nearest_neighbours.model import NearestNeighbours, TrainingDataRefused
from local_aws.algorithms.nearest_neighbours.training import sampled
from tests.unit.local_aws.nearest_neighbours.stand_in import hyperparameters

ITEMS, USERS, WIDTH, K = 400, 50, 9, 20


@pytest.fixture
def items() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(ITEMS, WIDTH)).astype(np.float32)


@pytest.fixture
def users() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(USERS, WIDTH)).astype(np.float32)


def model(items: np.ndarray, k: int = K, labels: np.ndarray | None = None, **others: object) -> NearestNeighbours:
    labels = np.arange(len(items), dtype=np.float32) if labels is None else labels
    return NearestNeighbours.train(items, labels, parse(hyperparameters(items, k, **others)))


def brute_force(items: np.ndarray, users: np.ndarray, metric: str) -> np.ndarray:
    """faiss's distance in double precision: (users, items)."""
    items, users = items.astype(np.float64), users.astype(np.float64)
    if metric == "L2":
        return ((users[:, None, :] - items[None, :, :]) ** 2).sum(axis=2)
    if metric == "COSINE":
        items = items / np.linalg.norm(items, axis=1, keepdims=True)
        users = users / np.linalg.norm(users, axis=1, keepdims=True)
    return users @ items.T


@pytest.mark.parametrize("metric", ["L2", "INNER_PRODUCT", "COSINE"])
def test_flat_is_brute_force_in_ascending_distance(items: np.ndarray, users: np.ndarray, metric: str) -> None:
    found = model(items, index_metric=metric).search(users)
    every = brute_force(items, users, metric)
    order = np.argsort(every, axis=1)
    due = order[:, :K] if metric == "L2" else order[:, -K:]
    assert (found.counts == K).all()
    np.testing.assert_array_equal(found.positions, due)
    np.testing.assert_allclose(found.distances, np.take_along_axis(every, due, axis=1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("metric", ["L2", "INNER_PRODUCT"])
def test_ivf_is_faiss_with_five_probes(items: np.ndarray, users: np.ndarray, metric: str) -> None:
    found = model(items, k=200, index_metric=metric, index_type="faiss.IVFFlat").search(users)
    kind = faiss.METRIC_L2 if metric == "L2" else faiss.METRIC_INNER_PRODUCT
    coarse = faiss.IndexFlat(WIDTH, kind)
    oracle = faiss.IndexIVFFlat(coarse, WIDTH, 20, kind)
    oracle.train(items)
    oracle.add(items)
    oracle.nprobe = 5
    distances, positions = oracle.search(users, 200)
    assert (found.counts < 200).any(), "the lists probed must lack neighbours, or this shows nothing"
    for row in range(USERS):
        real = positions[row] >= 0
        step = 1 if metric == "L2" else -1
        np.testing.assert_array_equal(found.positions[row, : found.counts[row]], positions[row][real][::step])
        np.testing.assert_array_equal(found.distances[row, : found.counts[row]], distances[row][real][::step])


def test_ivf_that_probes_every_list_is_exact(items: np.ndarray, users: np.ndarray) -> None:
    probed = model(items, index_type="faiss.IVFFlat", faiss_index_ivf_nlists=5).search(users)
    np.testing.assert_array_equal(probed.positions, model(items).search(users).positions)


def test_ivf_with_more_lists_than_rows_is_refused(items: np.ndarray) -> None:
    with pytest.raises(TrainingDataRefused, match="at most the 400 indexed rows, got 401"):
        model(items, index_type="faiss.IVFFlat", faiss_index_ivf_nlists=401)


def test_fewer_items_than_k_are_all_found_and_none_is_made_up(items: np.ndarray, users: np.ndarray) -> None:
    found = model(items[:7], k=K).search(users)
    assert (found.counts == 7).all()
    assert {tuple(sorted(row[:7])) for row in found.positions.tolist()} == {tuple(range(7))}
    products = users @ items[:7].T
    np.testing.assert_array_equal(found.positions[:, :7], np.argsort(products, axis=1))


def test_cosine_leaves_the_callers_rows_alone(items: np.ndarray, users: np.ndarray) -> None:
    before = users.copy()
    model(items, index_metric="COSINE").search(users)
    np.testing.assert_array_equal(users, before)


@pytest.mark.parametrize("index_type", ["faiss.Flat", "faiss.IVFFlat"])
def test_a_saved_model_answers_as_before(items: np.ndarray, users: np.ndarray, index_type: str, tmp_path: Path) -> None:
    before = model(items, index_type=index_type)
    before.save(tmp_path)
    after = NearestNeighbours.load(tmp_path)
    assert after.hyperparameters == before.hyperparameters
    for one, other in zip(vars(before.search(users)).values(), vars(after.search(users)).values(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "model_algo-1",
        "model_algo-1.json",
        "model_algo-1.labels",
    ]
    assert (tmp_path / "model_algo-1.labels").stat().st_size == 4 * ITEMS
    assert faiss.read_index(str(tmp_path / "model_algo-1")).ntotal == ITEMS


def test_labels_that_do_not_fit_the_index_are_refused(items: np.ndarray, tmp_path: Path) -> None:
    model(items).save(tmp_path)
    (tmp_path / "model_algo-1.labels").write_bytes(b"\0" * 8)
    with pytest.raises(ValueError, match="2 labels for 400 indexed rows"):
        NearestNeighbours.load(tmp_path)


def test_a_smaller_sample_size_samples_rows_with_their_labels(items: np.ndarray) -> None:
    rows, labels = sampled(items, np.arange(ITEMS, dtype=np.float32), 100)
    assert len(rows) == len(set(labels.tolist())) == 100
    np.testing.assert_array_equal(rows, items[labels.astype(int)])
    assert labels.max() > 300, "a sample is drawn from all rows, not cut off the front"


def test_a_larger_sample_size_keeps_every_row(items: np.ndarray) -> None:
    rows, labels = sampled(items, np.arange(ITEMS, dtype=np.float32), ITEMS + 1)
    assert rows is items
    assert len(labels) == ITEMS
