"""How far a mean over users would move with other users."""

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
# Efron and Tibshirani 1993, chapter 13: percentiles want a thousand or more.
RESAMPLES = 2_000
# The same lists have the same intervals, in every run.
_SEED = 1979
# Resamples are drawn in blocks of so many users, in bounded memory.
_BLOCK = 2**22


def intervals(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The percentile bootstrap's 95 % interval of each column's mean: (2, columns), lower ends first.

    Users are drawn with replacement, as many as there are; a user's whole row is drawn together, so a column of
    differences between two rankings has their paired interval. Source: Efron 1979 and 1981; Sakai 2006 for
    metrics of retrieval.

    Args:
        values: (users, columns), at least one user.
    """
    users = len(values)
    draw = np.random.default_rng(_SEED)
    means = np.empty((RESAMPLES, values.shape[1]))
    block = max(1, _BLOCK // users)
    for first in range(0, RESAMPLES, block):
        rows = min(block, RESAMPLES - first)
        drawn = draw.integers(users, size=(rows, users)) + np.arange(rows)[:, np.newaxis] * users
        # How often each user was drawn: a resample's mean is a weighted one, so all of them are one product.
        times = np.bincount(drawn.ravel(), minlength=rows * users).reshape(rows, users)
        means[first : first + rows] = times @ values / users
    tail = (1 - LEVEL) / 2
    return np.asarray(np.quantile(means, (tail, 1 - tail), axis=0))
