"""A channel's records as one CSR matrix."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from containers.recordio import CorruptRecord, is_sparse, read_dense, read_sparse
from topx.local.algorithms.factorization_machines.settings import ClientError


class Samples(NamedTuple):
    """Rows in the order of the files' names, then of the records.

    Dense rows have every column as an entry, zeros too: that is what makes dense training touch every parameter.
    """

    indptr: NDArray[np.int64]  # [n + 1]
    keys: NDArray[np.int32]  # [nnz]
    values: NDArray[np.float32]  # [nnz]
    labels: NDArray[np.float32]  # [n]


def read_channel(folder: Path, feature_dim: int, *, binary: bool) -> tuple[Samples, bool]:
    """Every record under ``folder``, and whether they are sparse.

    Raises:
        ClientError: when there are none, a file is not recordIO-protobuf, some are sparse and others dense, a record
            has no label or not ``feature_dim`` columns, or a label of a binary classifier is neither 0 nor 1.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = [_read_file(path, feature_dim) for path in files if path.stat().st_size]
    if not parts:
        raise ClientError(
            f"channel {folder.name} has no records in {len(files)} files: give it recordIO-protobuf files"
        )
    sparse = {part_sparse for _, part_sparse in parts}
    if len(sparse) > 1:
        raise ClientError(f"channel {folder.name} mixes sparse and dense files: write all of them one way")
    samples = _concatenated([part for part, _ in parts])
    if binary and not np.isin(samples.labels, (0, 1)).all():
        wrong = samples.labels[~np.isin(samples.labels, (0, 1))][0]
        raise ClientError(
            f"channel {folder.name} has the label {wrong:g}: a binary_classifier's labels are 0 and 1; "
            "use predictor_type regressor for other values"
        )
    return samples, sparse.pop()


def _read_file(path: Path, feature_dim: int) -> tuple[Samples, bool]:
    data = path.read_bytes()
    try:
        sparse = is_sparse(data)
        samples, width, labelled = _sparse(data) if sparse else _dense(data)
    except CorruptRecord as error:
        raise ClientError(f"{path.name}: {error}") from error
    if not labelled:
        raise ClientError(f"{path.name}: the records have no label, and training and testing need one")
    if width != feature_dim:
        raise ClientError(f"{path.name}: records have {width} columns, feature_dim is {feature_dim}: make them equal")
    return samples, sparse


def _sparse(data: bytes) -> tuple[Samples, int, bool]:
    records = read_sparse(data)
    labels = np.empty(0, np.float32) if records.labels is None else records.labels
    samples = Samples(records.indptr, records.keys.astype(np.int32), records.values, labels)
    return samples, records.shape, records.labels is not None


def _dense(data: bytes) -> tuple[Samples, int, bool]:
    records = read_dense(data)
    n, width = records.rows.shape
    labels = np.empty(0, np.float32) if records.labels is None else records.labels
    indptr = np.arange(n + 1, dtype=np.int64) * width
    keys = np.tile(np.arange(width, dtype=np.int32), n)
    return Samples(indptr, keys, records.rows.ravel(), labels), width, records.labels is not None


def _concatenated(parts: list[Samples]) -> Samples:
    starts = np.cumsum([0, *(part.keys.size for part in parts)])
    indptr = [part.indptr[:-1] + start for part, start in zip(parts, starts, strict=False)]
    return Samples(
        np.concatenate([*indptr, starts[-1:]]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
