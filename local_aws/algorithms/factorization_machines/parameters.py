"""The model's parameters and their initial values."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from local_aws.algorithms.factorization_machines.settings import Group, Settings


class Parameters(NamedTuple):
    """score(x) = bias + sum_j x_j linear_j + sum_{i<j} x_i x_j <factors_i, factors_j> (Rendle 2010, eq. 1)."""

    factors: NDArray[np.float32]  # [feature_dim, num_factors]
    linear: NDArray[np.float32]  # [feature_dim, 1]
    bias: NDArray[np.float32]  # [1, 1]


def initial(settings: Settings, seed: int) -> Parameters:
    """Initial parameters; each group has its own random stream, so that the size of one does not affect another."""
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3)]
    return Parameters(
        _draw(settings.factors, streams[0], (settings.feature_dim, settings.num_factors)),
        _draw(settings.linear, streams[1], (settings.feature_dim, 1)),
        _draw(settings.bias, streams[2], (1, 1)),
    )


def _draw(group: Group, random: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
    if group.init_method == "constant":
        return np.full(shape, group.init_parameter, np.float32)
    if group.init_method == "uniform":
        # U(-scale, scale)
        return (random.random(shape, np.float32) * 2 - 1) * np.float32(group.init_parameter)
    return random.standard_normal(shape, np.float32) * np.float32(group.init_parameter)
