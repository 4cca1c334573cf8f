"""Sums of parameters over the side features of each user or item, compiled."""

import numba
import numpy as np
from numpy.typing import NDArray

from containers.feature_space import SideFeatures


def weighted_sums(features: SideFeatures, parameters: NDArray[np.floating], power: int = 1) -> NDArray[np.float64]:
    """sum_j x_nj^power parameters_j for each row n of x: (rows, k), in float64.

    Args:
        parameters: (dimension, k).
    """
    sums = np.zeros((len(features), parameters.shape[1]))
    weights = features.weights.astype(np.float64) ** power
    _add(features.starts, features.columns, weights, parameters, sums)
    return sums


@numba.njit(cache=True, parallel=True)  # type: ignore[untyped-decorator]
def _add(
    starts: NDArray[np.int64],
    columns: NDArray[np.int64],
    weights: NDArray[np.float64],
    parameters: NDArray[np.floating],
    sums: NDArray[np.float64],
) -> None:
    for row in numba.prange(len(starts) - 1):
        for entry in range(starts[row], starts[row + 1]):
            for k in range(parameters.shape[1]):
                sums[row, k] += weights[entry] * parameters[columns[entry], k]
