"""Records as a CSR matrix."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from local_aws.algorithms.factorization_machines.settings import ClientError, Settings
from sagemaker_contract.recordio import SparseRecords, is_sparse, read_sparse


class Samples(NamedTuple):
    """Rows in the order of the records."""

    indptr: NDArray[np.int64]  # [n + 1]
    keys: NDArray[np.int32]  # [nnz]
    values: NDArray[np.float32]  # [nnz]
    labels: NDArray[np.float32]  # [n]


def decoded(data: bytes, settings: Settings) -> Samples:
    """The records in a part of a file.

    Raises:
        CorruptRecord: if they are not recordIO-protobuf.
        ClientError: if they are dense, have no label, do not have ``feature_dim`` columns, or a label of a binary
            classifier is neither 0 nor 1.
    """
    if not is_sparse(data):
        raise ClientError("the records are dense, and the stand-in trains on sparse ones only")
    records = read_sparse(data)
    if records.shape != settings.feature_dim:
        raise ClientError(
            f"records have {records.shape} columns, feature_dim is {settings.feature_dim}: make them equal"
        )
    return Samples(records.indptr, records.keys.astype(np.int32), records.values, _labels(records, settings))


def _labels(records: SparseRecords, settings: Settings) -> NDArray[np.float32]:
    labels = records.labels
    if labels is None:
        raise ClientError("the records have no label, and training and testing need one")
    wrong = labels[~np.isin(labels, (0, 1))] if settings.binary_classifier else labels[:0]
    if wrong.size:
        raise ClientError(
            f"a record has the label {wrong[0]:g}: a binary_classifier's labels are 0 and 1; use predictor_type "
            "regressor for other values"
        )
    return labels


def concatenated(parts: list[Samples]) -> Samples:
    """All rows, one part after another."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(part.keys.size for part in parts)])
    indptr = [part.indptr[:-1] + start for part, start in zip(parts, starts, strict=False)]
    return Samples(
        np.concatenate([*indptr, starts[-1:]]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
