"""Compares a sample of the published lists with brute force over all items."""

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from contract.run_layout import RunLayout
from sagemaker_contract import recordio
from topx.deployment import Deployment
from topx.published import own_list

_PARTS = 10
_USERS_A_PART = 20
# Scores are sums of float32 products in a different order.
_RELATIVE, _ABSOLUTE = 1e-4, 1e-6


class WrongList(Exception):
    """A published list differs from the one that brute force finds."""


def check(deployment: Deployment, data: Path, run_id: str, top_x: int) -> int:
    """Compare the lists of some users in parts across the whole run; returns how many users.

    Each user's history is read from the CSV files in ``data``, the vectors from the run's files and the lists from the
    table, so that this does not rely on prepare's index or the loader's archive.

    Raises:
        WrongList: if items, order or scores differ.
    """
    layout = RunLayout(deployment.bucket, run_id)
    items, ids = _items(deployment, layout)
    manifest = json.loads(_body(deployment, layout.manifest))
    chosen = np.linspace(0, len(manifest) - 1, _PARTS).astype(int)
    sampled = [user for number in set(chosen.tolist()) for user in _users(deployment, layout, manifest[number]["part"])]
    had = _had(data, [user for user, _ in sampled])
    place = {name: number for number, name in enumerate(ids)}
    for user, row in sampled:
        found = own_list(deployment.table, user, run_id)
        if found is None:
            raise WrongList(f"{user} has no list")
        seen = [place[item] for item in had[user]]
        _compare(
            user, items @ row.astype(np.float64), seen, [(place[entry.id], entry.score) for entry in found.items], top_x
        )
    return len(sampled)


def _compare(
    user: str, scores: NDArray[np.float64], seen: list[int], listed: list[tuple[int, float | None]], top_x: int
) -> None:
    scores[seen] = -np.inf
    best = np.sort(scores)[::-1][: min(top_x, len(scores) - len(seen))]
    places, served = [number for number, _ in listed], [np.nan if score is None else score for _, score in listed]
    whole = len(listed) == len(best) == len(set(places))
    if not whole or not np.allclose(scores[places], best, _RELATIVE, _ABSOLUTE):
        raise WrongList(
            f"the items of {user} or their order: {places[:5]}..., brute force finds {np.argsort(-scores)[:5]}..."
        )
    if not np.allclose(served, best, _RELATIVE, _ABSOLUTE):
        raise WrongList(f"the scores of {user}: {served[:5]}..., brute force finds {best[:5]}...")


def _items(deployment: Deployment, layout: RunLayout) -> tuple[NDArray[np.float64], list[str]]:
    """The items' rows by number, and the items' ids."""
    ids = [json.loads(line) for line in gzip.decompress(_body(deployment, layout.item_ids)).splitlines()]
    parts = [recordio.read_dense(_body(deployment, key)) for key in _keys(deployment, layout.item_vectors)]
    rows = np.full((len(ids), parts[0].rows.shape[1]), np.nan)
    for part in parts:
        assert part.labels is not None
        rows[part.labels.astype(np.int64)] = part.rows
    return rows, ids


def _users(deployment: Deployment, layout: RunLayout, part: str) -> Iterator[tuple[str, NDArray[np.float32]]]:
    lines = gzip.decompress(_body(deployment, layout.part(part))).splitlines()[1:]
    rows = recordio.read_dense(_body(deployment, f"{layout.user_vectors}{part}.pbr")).rows
    for number in np.linspace(0, len(rows) - 1, _USERS_A_PART).astype(int):
        yield json.loads(lines[number])["user"], rows[number]


def _had(data: Path, users: list[str]) -> dict[str, set[str]]:
    files = str(data / "interactions" / "*")
    query = (
        "SELECT user, list(DISTINCT item) FROM read_csv(?, header=true, all_varchar=true) WHERE user IN ? GROUP BY user"
    )
    return {user: set(items) for user, items in duckdb.execute(query, [files, users]).fetchall()}


def _keys(deployment: Deployment, prefix: str) -> list[str]:
    pages: Any = deployment.s3.get_paginator("list_objects_v2").paginate(Bucket=deployment.bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page["Contents"] if entry["Key"].endswith(".pbr")]


def _body(deployment: Deployment, key: str) -> bytes:
    stream = io.BytesIO()
    deployment.s3.download_fileobj(deployment.bucket, key, stream)
    return stream.getvalue()
