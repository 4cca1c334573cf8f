"""Rows from recordIO-protobuf, for training and for inference: the only format of SageMaker's k-NN that the workflow
uses.

Source: "Data Formats for k-NN Training Input / Request" in the SageMaker developer guide.
"""

import numpy as np

from local_aws.algorithms.nearest_neighbours.model import Floats
from sagemaker_contract.recordio import CorruptRecord, read_dense

RECORDIO = "application/x-recordio-protobuf"


class RowsRefused(ValueError):
    """The rows cannot be read, or do not have the width or type that the model requires."""


class ContentTypeRefused(ValueError):
    """Rows of this content type are not supported."""


def media_type(header: str) -> tuple[str, dict[str, str]]:
    """A content type and its parameters, in lower case.

    >>> media_type("application/jsonlines; verbose=true")
    ('application/jsonlines', {'verbose': 'true'})
    """
    kind, *rest = (piece.strip().lower() for piece in header.split(";"))
    pairs = (piece.partition("=") for piece in rest if piece)
    return kind, {name.strip(): value.strip() for name, _, value in pairs}


def training_rows(data: bytes, content_type: str, feature_dim: int) -> tuple[Floats, Floats]:
    """The rows float32[n, feature_dim] and labels float32[n] of one training file.

    Raises:
        RowsRefused, ContentTypeRefused.
    """
    rows, labels = _read(data, content_type, feature_dim)
    if labels is None:
        raise RowsRefused("the training rows have no labels; k-NN wants one in each row")
    if not np.isfinite(labels).all():
        raise RowsRefused(f"the label of row {int(np.argmin(np.isfinite(labels)))} is a NaN or an infinity")
    return rows, labels


def request_rows(data: bytes, content_type: str, feature_dim: int) -> Floats:
    """The rows float32[n, feature_dim] of one inference request.

    Raises:
        RowsRefused, ContentTypeRefused.
    """
    return _read(data, content_type, feature_dim)[0]


def _read(data: bytes, content_type: str, feature_dim: int) -> tuple[Floats, Floats | None]:
    if media_type(content_type)[0] != RECORDIO:
        raise ContentTypeRefused(f"the stand-in supports only {RECORDIO}, got {content_type!r}")
    try:
        records = read_dense(data)
    except CorruptRecord as error:
        raise RowsRefused(f"not recordIO-protobuf with dense rows: {error}") from error
    rows = records.rows
    if not len(rows):
        raise RowsRefused("there are no rows")
    if rows.shape[1] != feature_dim:
        raise RowsRefused(f"each row must have feature_dim {feature_dim} values, got rows of {rows.shape[1]}")
    if not np.isfinite(rows).all():
        raise RowsRefused(f"row {int(np.argmin(np.isfinite(rows).all(axis=1)))} holds a NaN or an infinity")
    return rows, records.labels
