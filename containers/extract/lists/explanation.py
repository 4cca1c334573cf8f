"""Writes explanation.npz, with which a published score can be explained (see contract.explanation_file)."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from containers.extract.model.parameters import Floats
from containers.extract.model.vectors import HistoryPart
from contract import explanation_file


def write_explanation(file: Path, features: Floats, popularity: NDArray[np.floating], part: HistoryPart | None) -> None:
    """Write it.

    Args:
        features: (columns of side features, factors + 1) the model's parameters.
        popularity: (items,) the term added to the items' rows.
        part: from the vectors, if they have a history block.
    """
    columns = shares = np.zeros(0, dtype=np.float32)
    if part is not None:
        columns = part.rows.shrunk / part.scale
        shares = part.history.shares_of_items(part.rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        explanation_file.FEATURES: features,
        explanation_file.POPULARITY: popularity.astype(np.float32),
        explanation_file.HISTORY_COLUMNS: columns,
        explanation_file.HISTORY_SHARES: shares,
    }
    np.savez(file, allow_pickle=False, **arrays)
