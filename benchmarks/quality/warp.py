"""Matrix factorization with the WARP loss, as LightFM trains it without features (Weston et al. 2011, Kula 2015).

For each interaction, in random order, items that the user has not had are sampled until one scores above the positive
minus a margin of 1; the fewer samples it took, the worse the positive ranks, and the larger the step: log(negatives /
tries). The steps are Adagrad's; the only regularization is the number of epochs.
"""

import numba
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

_MOST_TRIES = 50


def fit(
    seen: sp.csr_matrix, *, factors: int, rate: float, epochs: int, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Users (users, factors + 1) and items (items, factors + 1); the last column of items is their bias."""
    users, items = seen.shape
    draw = np.random.default_rng(seed)
    sides = [((draw.random((rows, factors + 1)) - 0.5) / factors).astype(np.float32) for rows in (users, items)]
    sides[0][:, -1], sides[1][:, -1] = 1, 0
    squares = [np.ones_like(side) for side in sides]
    owners = np.repeat(np.arange(users), np.diff(seen.indptr))
    seen.sort_indices()
    for _ in range(epochs):
        order = draw.permutation(seen.nnz)
        _epoch((seen.indptr, seen.indices), owners, order, (*sides, *squares), (rate, draw.integers(2**31)))
    return sides[0], sides[1]


@numba.njit(cache=True)
def _epoch(sets, owners, order, model, how):
    starts, items = sets
    users, places = model[0], model[1]
    rate, seed = how
    np.random.seed(seed)
    count = len(places)
    for entry in order:
        user, positive = owners[entry], items[entry]
        own = items[starts[user] : starts[user + 1]]
        if len(own) == count:
            continue
        score = _product(users[user], places[positive])
        for tries in range(1, _MOST_TRIES + 1):
            negative = np.random.randint(count)
            found = np.searchsorted(own, negative)
            if found < len(own) and own[found] == negative:
                continue
            if _product(users[user], places[negative]) <= score - 1:
                continue
            step = np.log(max(1.0, np.floor((count - 1) / tries)))
            _learn(model, (user, positive, negative), step, rate)
            break


@numba.njit(cache=True)
def _learn(model, rows, step, rate):
    users, places, user_squares, place_squares = model
    user, positive, negative = rows
    last = places.shape[1] - 1
    for k in range(last + 1):
        mine, good, bad = users[user, k], places[positive, k], places[negative, k]
        if k < last:  # the users' last column is 1, the factor of the items' biases
            _move((users, user_squares), user, k, step * (bad - good), rate)
        _move((places, place_squares), positive, k, -step * mine, rate)
        _move((places, place_squares), negative, k, step * mine, rate)


@numba.njit(cache=True)
def _product(one, other):
    total = 0.0
    for k in range(len(one)):
        total += one[k] * other[k]
    return total


@numba.njit(cache=True)
def _move(side_and_squares, row, k, gradient, rate):
    side, squares = side_and_squares
    side[row, k] -= rate / np.sqrt(squares[row, k]) * gradient
    squares[row, k] += gradient * gradient
