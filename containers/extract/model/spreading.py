"""Selects an evenly spread sample."""

import numpy as np
from numpy.typing import NDArray


def spread(users: int, most: int) -> NDArray[np.int64]:
    """At most ``most`` of ``users`` indices, evenly spread, ascending.

    >>> spread(100, 3).tolist(), spread(2, 3).tolist()
    ([0, 50, 99], [0, 1])
    """
    return np.unique(np.linspace(0, users - 1, min(users, most)).round().astype(np.int64))
