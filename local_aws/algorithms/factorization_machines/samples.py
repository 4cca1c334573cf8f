"""A channel's records as one CSR matrix."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from local_aws.algorithms.factorization_machines.settings import ClientError
from sagemaker_contract.recordio import CorruptRecord, is_sparse, read_sparse


class Samples(NamedTuple):
    """Rows in the order of the files' names, then of the records."""

    indptr: NDArray[np.int64]  # [n + 1]
    keys: NDArray[np.int32]  # [nnz]
    values: NDArray[np.float32]  # [nnz]
    labels: NDArray[np.float32]  # [n]


def read_channel(folder: Path, feature_dim: int, *, binary: bool) -> Samples:
    """Every record under ``folder``.

    Raises:
        ClientError: when there are none, a file is not recordIO-protobuf, its records are dense, a record has no
            label or not ``feature_dim`` columns, or a label of a binary classifier is neither 0 nor 1.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = [_read_file(path, feature_dim) for path in files if path.stat().st_size]
    if not parts:
        raise ClientError(
            f"channel {folder.name} has no records in {len(files)} files: give it recordIO-protobuf files"
        )
    samples = _concatenated(parts)
    if binary and not np.isin(samples.labels, (0, 1)).all():
        wrong = samples.labels[~np.isin(samples.labels, (0, 1))][0]
        raise ClientError(
            f"channel {folder.name} has the label {wrong:g}: a binary_classifier's labels are 0 and 1; "
            "use predictor_type regressor for other values"
        )
    return samples


def _read_file(path: Path, feature_dim: int) -> Samples:
    data = path.read_bytes()
    try:
        if not is_sparse(data):
            raise ClientError(f"{path.name}: the records are dense, and the stand-in trains on sparse ones only")
        records = read_sparse(data)
    except CorruptRecord as error:
        raise ClientError(f"{path.name}: {error}") from error
    if records.labels is None:
        raise ClientError(f"{path.name}: the records have no label, and training and testing need one")
    if records.shape != feature_dim:
        raise ClientError(
            f"{path.name}: records have {records.shape} columns, feature_dim is {feature_dim}: make them equal"
        )
    return Samples(records.indptr, records.keys.astype(np.int32), records.values, records.labels)


def _concatenated(parts: list[Samples]) -> Samples:
    starts = np.cumsum([0, *(part.keys.size for part in parts)])
    indptr = [part.indptr[:-1] + start for part, start in zip(parts, starts, strict=False)]
    return Samples(
        np.concatenate([*indptr, starts[-1:]]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
