"""The spread of a user's scores over the items."""

import numpy as np

from containers.extract.model.parameters import Floats


def spread_of_scores(user_rows: Floats, item_rows: Floats) -> float:
    """The standard deviation of a user's inner products with all items, mean over ``user_rows``; 0 without users.

    Computed from the items' covariance, so no array has the size users times items.
    """
    if not len(user_rows):
        return 0.0
    centred = item_rows - item_rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    covariance = centred.T @ centred / len(item_rows)
    variances = np.einsum("uj,uj->u", user_rows @ covariance, user_rows)
    return float(np.sqrt(np.maximum(variances, 0)).mean())
