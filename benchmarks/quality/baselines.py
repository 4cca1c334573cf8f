"""Other people's recommenders on what prepare held back: python baselines.py INDEX OUTPUT, in their own environment.

Reads the index's pairs.parquet; writes each model's lists as npz: users (n,), <model> (n, 20) item indices, best first.
``implicit`` brings ALS (Hu, Koren and Volinsky 2008) and BPR (Rendle et al. 2009); EASE (Steck 2019) is a closed form.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri

LENGTH = 20
_BLOCK = 200
# EASE inverts a matrix of items by items: 8 bytes each, and the inversion's own copies.
_MOST_EASE_ITEMS = 12_000
# "Tuned a little": the best of these by the validation split, the last fifth of what is left for training.
_ALS = [(factors, regularization, alpha) for factors in (32, 64) for regularization in (10, 30) for alpha in (5, 10)]
_BPR = [(0.05, 0.01, 60), (0.02, 0.03, 150)]
_EASE = [200.0, 500.0, 1000.0]

Scores = Callable[[NDArray[np.int64]], NDArray[np.float32]]
Fit = Callable[[sp.csr_matrix], Scores]


def _als(factors: int, regularization: float, alpha: float) -> Fit:
    def fit(seen: sp.csr_matrix) -> Scores:
        model = AlternatingLeastSquares(
            factors=factors, regularization=regularization, alpha=alpha, iterations=15, random_state=0
        )
        model.fit(seen, show_progress=False)
        return lambda users: model.user_factors[users] @ model.item_factors.T

    return fit


def _bpr(rate: float, regularization: float, iterations: int) -> Fit:
    def fit(seen: sp.csr_matrix) -> Scores:
        model = BayesianPersonalizedRanking(
            factors=64, learning_rate=rate, regularization=regularization, iterations=iterations, random_state=0
        )
        model.fit(seen, show_progress=False)
        return lambda users: model.user_factors[users] @ model.item_factors.T

    return fit


def _ease(regularization: float) -> Fit:
    def fit(seen: sp.csr_matrix) -> Scores:
        popularity = np.asarray(seen.sum(axis=0)).ravel()
        kept = np.sort(np.argsort(-popularity, kind="stable")[:_MOST_EASE_ITEMS])
        few = seen[:, kept]
        gram = (few.T @ few).toarray().astype(np.float64) + regularization * np.eye(len(kept))
        # By Cholesky's factors, half the work of a general inverse; LAPACK fills one triangle.
        triangle, failed = dpotri(dpotrf(gram, lower=True)[0], lower=True)
        assert not failed, "a Gram matrix plus a positive diagonal is positive definite"
        inverse = np.tril(triangle) + np.tril(triangle, -1).T
        weights = (-inverse / np.diag(inverse)).astype(np.float32)
        np.fill_diagonal(weights, 0)

        def scores(users: NDArray[np.int64]) -> NDArray[np.float32]:
            found = np.full((len(users), seen.shape[1]), -1e9, dtype=np.float32)
            found[:, kept] = few[users] @ weights
            return found

        return scores

    return fit


CANDIDATES: dict[str, list[tuple[str, Fit]]] = {
    "als": [(f"factors {f}, regularization {r}, alpha {a}", _als(f, r, a)) for f, r, a in _ALS],
    "bpr": [(f"rate {lr}, regularization {r}, iterations {n}", _bpr(lr, r, n)) for lr, r, n in _BPR],
    "ease": [(f"regularization {r:g}", _ease(r)) for r in _EASE],
}


def main(index: Path, output: Path) -> None:
    pairs = duckdb.execute(
        "SELECT user_index, item_index, held_out, row_number() OVER "
        "(PARTITION BY user_index, held_out ORDER BY first_time DESC, md5(item_index::VARCHAR)) AS back, "
        "count(*) OVER (PARTITION BY user_index, held_out) AS own FROM read_parquet(?) ORDER BY user_index",
        [str(index / "pairs.parquet")],
    ).fetchnumpy()
    items = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(index / "items.parquet")]).fetchall()[0][0]
    held = pairs["held_out"].astype(bool)
    shape = (int(pairs["user_index"].max()) + 1, int(items))
    train = _matrix(pairs, ~held, shape)
    judged = np.unique(pairs["user_index"][held]).astype(np.int64)
    # The validation split is of the training pairs of the same users, as the test split is of all.
    is_judged = np.isin(pairs["user_index"], judged)
    later = ~held & is_judged & (pairs["own"] >= 5) & (pairs["back"] <= np.maximum(1, pairs["own"] // 5))
    earlier, relevant = _matrix(pairs, ~held & ~later, shape), _matrix(pairs, later, shape)
    lists: dict[str, NDArray[np.int32]] = {"users": judged}
    for name, candidates in CANDIDATES.items():
        begun = time.perf_counter()
        validated = [(_ndcg(fit(earlier), earlier, relevant), setting, fit) for setting, fit in candidates]
        ndcg, setting, best = max(validated, key=lambda candidate: candidate[0])
        lists[name] = np.vstack(list(_best(best(train), train, judged)))
        print(json.dumps({"model": name, "setting": setting, "validation": ndcg, "s": time.perf_counter() - begun}))
    np.savez(output, **lists)


def _matrix(pairs: dict[str, NDArray[np.generic]], chosen: NDArray[np.bool_], shape: tuple[int, int]) -> sp.csr_matrix:
    rows, columns = pairs["user_index"][chosen], pairs["item_index"][chosen]
    return sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)


def _best(scores: Scores, seen: sp.csr_matrix, users: NDArray[np.int64]) -> Iterator[NDArray[np.int32]]:
    """The best items that a user has not seen, block by block: (block, LENGTH)."""
    for first in range(0, len(users), _BLOCK):
        block = users[first : first + _BLOCK]
        found = np.array(scores(block), dtype=np.float32)
        known = seen[block].tocoo()
        found[known.row, known.col] = -np.inf
        top = np.argpartition(-found, LENGTH, axis=1)[:, :LENGTH]
        order = np.argsort(-np.take_along_axis(found, top, axis=1), axis=1, kind="stable")
        yield np.take_along_axis(top, order, axis=1).astype(np.int32)


def _ndcg(scores: Scores, seen: sp.csr_matrix, relevant: sp.csr_matrix) -> float:
    users = np.flatnonzero(np.diff(relevant.indptr)).astype(np.int64)
    discount = 1 / np.log2(np.arange(2, 12))
    gained = []
    for row, listed in zip(users, np.vstack(list(_best(scores, seen, users)))[:, :10], strict=True):
        wanted = relevant.indices[relevant.indptr[row] : relevant.indptr[row + 1]]
        gained.append(float(np.isin(listed, wanted) @ discount / discount[: len(wanted)].sum()))
    return float(np.mean(gained))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
