"""Writes the vectors by which the loader checks that a list's scores are the products that they should be.

They say the same as the recordIO files that k-NN reads, in a form that plain Python reads quickly, and apart from
them, so that what happened to those files shows.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from containers.extract.model.parameters import Floats

# What a function of 2 GB can hold beside the items' ids: a million items of 64 factors.
MOST_BYTES = 256 * 2**20


def write_item_proofs(
    file: Path, item_rows: Floats, servable: NDArray[np.bool_], popularity: NDArray[np.integer]
) -> None:
    """``items.f32`` (see contract.part_manifest), of all items or, where they are too many, of the most popular ones.

    Args:
        item_rows: (items, width).
        servable: (items,) which of them lists may hold.
        popularity: (items,) their training interactions.
    """
    most = MOST_BYTES // (4 * (item_rows.shape[1] + 1))
    # Beyond these, a list's items are checked only if they are among them; popular ones are in most lists.
    labels = np.sort(np.argsort(-popularity, kind="stable")[:most])
    rows = item_rows[labels].astype("<f4")
    rows[~servable[labels]] = np.nan
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        stream.write(labels.astype("<i4").tobytes())
        stream.write(rows.tobytes())


def write_row_proofs(file: Path, rows: Floats) -> None:
    """``<part>.f32``: the rows of a part's users, (users, width)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(rows.astype("<f4").tobytes())
