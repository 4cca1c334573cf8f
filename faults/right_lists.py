"""The right lists by brute force: an oracle that shares no code with the loader or with k-NN."""

import csv
import io
from collections import defaultdict

import numpy as np
from pyarrow import parquet

from contract.run_layout import RunLayout
from sagemaker_contract import recordio


def brute_force(made: dict[str, bytes], layout: RunLayout, *, top_x: int) -> dict[str, list[str]]:
    """By user, the ``top_x`` items with the largest product that the user has not had, best first.

    Args:
        made: a run's objects by key: vectors, index and the interactions that they were made from.
        layout: its keys.
    """
    users = _column(made[f"{layout.index}users.parquet"], "user")
    items = _column(made[f"{layout.index}items.parquet"], "item")
    vectors = {side: _rows(made, f"{layout.vectors}{side}/") for side in ("users", "items")}
    products = vectors["users"].astype(np.float64) @ vectors["items"].T.astype(np.float64)
    had = defaultdict(set)
    for row in csv.DictReader(io.StringIO(made["input/interactions/a.csv"].decode())):
        had[row["user"]].add(row["item"])
    return {
        user: [items[place] for place in np.argsort(-products[row]) if items[place] not in had[user]][:top_x]
        for row, user in enumerate(users)
    }


def _column(file: bytes, name: str) -> list[str]:
    found: list[str] = parquet.read_table(io.BytesIO(file)).column(name).to_pylist()
    return found


def _rows(made: dict[str, bytes], prefix: str) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    files = [made[key] for key in sorted(made) if key.startswith(prefix)]
    return np.concatenate([recordio.read_dense(file).rows for file in files])
