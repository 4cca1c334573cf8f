"""Writes the vectors with which the loader checks that a list's scores are the right products.

They have the same content as the recordIO files for k-NN, in a form that plain Python reads quickly, and in separate
files, so that changes to those files are noticed.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from containers.extract.model.parameters import Floats

# What a function with 2 GB of memory can hold besides the items' ids: a million items with 64 factors.
MOST_BYTES = 256 * 2**20


def write_item_proofs(
    file: Path, item_rows: Floats, servable: NDArray[np.bool_], popularity: NDArray[np.integer]
) -> None:
    """``items.f32`` (see contract.part_manifest), for all items or, if there are too many, for the most popular
    ones.

    Args:
        item_rows: (items, width).
        servable: (items,) which of them lists may contain.
        popularity: (items,) number of training interactions.
    """
    most = MOST_BYTES // (4 * (item_rows.shape[1] + 1))
    # With more items than this, a list's items are checked only if they are among these; popular ones are in most
    # lists.
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
