"""Other recommenders on the interactions held out by prepare: python baselines.py INDEX OUTPUT, in its own
environment.

Reads the index's pairs.parquet; writes each model's lists as npz: users (n,), <model> (n, 20) item indices, best first.
``implicit`` provides ALS (Hu, Koren and Volinsky 2008), BPR (Rendle et al. 2009) and item neighbours (cosine, BM25);
WARP is as in LightFM (Kula 2015); EASE (Steck 2019) is a closed form. All get the same data as ours: trained without
the held-out interactions, tuned on the earlier half of these, measured on the later half.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import scipy.sparse as sp
import warp  # in this folder, because this file is run by its path
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, ItemItemRecommender
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri

LENGTH = 20
_BLOCK = 200
# EASE inverts an items-by-items matrix: 8 bytes for each element, plus the copies made by the inversion.
_MOST_EASE_ITEMS = 12_000
# Tuned: the best of these on the earlier half of the held-out interactions.
_ALS = [
    (factors, regularization, alpha)
    for factors in (64, 128)
    for regularization, alpha in ((0.1, 1), (1, 1), (10, 1), (10, 5), (30, 10), (10, 20))
]
_BPR = [(0.05, 0.01, 60), (0.02, 0.03, 150), (0.05, 0.001, 100)]
_WARP = [(64, 0.05, 15), (64, 0.05, 40), (128, 0.05, 30)]
_NEIGHBOURS = [20, 100, 400]
_EASE = [20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0]

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


def _warp(factors: int, rate: float, epochs: int) -> Fit:
    def fit(seen: sp.csr_matrix) -> Scores:
        users, items = warp.fit(seen, factors=factors, rate=rate, epochs=epochs)
        return lambda chosen: users[chosen] @ items.T

    return fit


def _neighbours(kind: type[ItemItemRecommender], most: int) -> Fit:
    def fit(seen: sp.csr_matrix) -> Scores:
        model = kind(K=most)
        model.fit(seen, show_progress=False)
        similarity = model.similarity.tocsr().astype(np.float32)
        return lambda users: (seen[users] @ similarity).toarray()

    return fit


def _ease(regularization: float) -> Fit:
    def fit(seen: sp.csr_matrix) -> Scores:
        popularity = np.asarray(seen.sum(axis=0)).ravel()
        kept = np.sort(np.argsort(-popularity, kind="stable")[:_MOST_EASE_ITEMS])
        few = seen[:, kept]
        gram = (few.T @ few).toarray().astype(np.float64) + regularization * np.eye(len(kept))
        # With Cholesky factors, half the work of a general inverse; LAPACK fills one triangle.
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
    "warp": [(f"factors {f}, rate {lr}, epochs {n}", _warp(f, lr, n)) for f, lr, n in _WARP],
    "item-knn cosine": [(f"{k} neighbours", _neighbours(CosineRecommender, k)) for k in _NEIGHBOURS],
    "item-knn bm25": [(f"{k} neighbours", _neighbours(BM25Recommender, k)) for k in _NEIGHBOURS],
    "ease": [(f"regularization {r:g}", _ease(r)) for r in _EASE],
}


def main(index: Path, output: Path) -> None:
    pairs = duckdb.execute(
        "SELECT user_index, item_index, held_out, chooses FROM read_parquet(?) ORDER BY user_index",
        [str(index / "pairs.parquet")],
    ).fetchnumpy()
    rows = duckdb.execute("SELECT servable FROM read_parquet(?)", [str(index / "items.parquet")]).fetchall()
    held, chooses = pairs["held_out"].astype(bool), pairs["chooses"].astype(bool)
    shape = (int(pairs["user_index"].max()) + 1, len(rows))
    train, wanted = _matrix(pairs, ~held, shape), _matrix(pairs, chooses, shape)
    # When the later half is measured, users have the items of the earlier half as well.
    known, measured = train + wanted, np.unique(pairs["user_index"][held & ~chooses]).astype(np.int64)
    lists: dict[str, NDArray[np.int32]] = {"users": measured}
    for name, candidates in CANDIDATES.items():
        begun = time.perf_counter()
        ndcg, setting, best = -1.0, "", lists["users"][:0]
        for tried, fit in candidates:
            scores = fit(train)
            reached = _ndcg(scores, train, wanted)
            if reached > ndcg:
                ndcg, setting, best = reached, tried, np.vstack(list(_best(scores, known, measured)))
        lists[name] = best
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
