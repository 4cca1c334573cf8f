"""Confidence intervals of means over users, by resampling users."""

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
_ENDS = ((1 - LEVEL) / 2, 1 - (1 - LEVEL) / 2)
# Efron and Tibshirani 1993, chapter 13: percentiles need a thousand or more.
RESAMPLES = 2_000
# A fixed seed: the same lists have the same intervals in every run.
_SEED = 1979
# Resamples are computed in blocks of this many users, to limit memory.
_BLOCK = 2**22


def resampled_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column's mean over each of the resamples: (RESAMPLES, columns).

    Users are sampled with replacement, as many as there are; a user's whole row is sampled together, so what is
    computed from several columns of a resample is paired. Source: Efron 1979 and 1981; Sakai 2006 for metrics of
    retrieval.

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
        # How often each user was sampled: a resample's mean is a weighted one, so all of them are one matrix product.
        times = np.bincount(drawn.ravel(), minlength=rows * users).reshape(rows, users)
        means[first : first + rows] = times @ values / users
    return means


def intervals(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The percentile bootstrap's 95 % interval of each column's mean: (2, columns), lower ends first."""
    return np.asarray(np.quantile(resampled_means(values), _ENDS, axis=0))


def best_by_chance(values: NDArray[np.float64]) -> float:
    """The largest column mean that is to be expected if all true means are 0.

    The mean over the resamples of the largest of the column means, each minus the sample's own: the null distribution
    of White 2000's reality check, for the best of many candidates.

    Args:
        values: (users, columns), at least one of each.
    """
    return float((resampled_means(values) - values.mean(axis=0)).max(axis=1).mean())


def ratio_interval(values: NDArray[np.float64], over: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % interval of the ratio of the means of ``values`` and ``over``, paired by user; infinite if ``over`` may
    be 0.

    Args:
        values, over: (users,), none negative.
    """
    means = resampled_means(np.column_stack([values, over]))
    ratios = np.full(RESAMPLES, np.inf)
    np.divide(means[:, 0], means[:, 1], out=ratios, where=means[:, 1] > 0)
    # The ends are ratios of single resamples: a number and infinity have no mean.
    return float(np.quantile(ratios, _ENDS[0], method="lower")), float(np.quantile(ratios, _ENDS[1], method="higher"))
