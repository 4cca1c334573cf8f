"""Rows of numbers from the content types that SageMaker's k-NN takes, for training and for inference.

Source: "Common Data Formats" and "Data Formats for k-NN Training Input / Request" in the SageMaker developer guide.
"""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from containers.recordio import CorruptRecord, read_dense
from topx.local.algorithms.nearest_neighbours.model import Floats

RECORDIO = "application/x-recordio-protobuf"
CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"


class RowsRefused(ValueError):
    """The rows cannot be read, or are not of the width or kind that the model wants."""


class ContentTypeRefused(ValueError):
    """Rows of this content type are not taken here."""


def media_type(header: str) -> tuple[str, dict[str, str]]:
    """A content type and its parameters, in lower case.

    >>> media_type("text/csv; label_size=1")
    ('text/csv', {'label_size': '1'})
    """
    kind, *rest = (piece.strip().lower() for piece in header.split(";"))
    pairs = (piece.partition("=") for piece in rest if piece)
    return kind, {name.strip(): value.strip() for name, _, value in pairs}


def training_rows(data: bytes, content_type: str, feature_dim: int) -> tuple[Floats, Floats]:
    """The rows float32[n, feature_dim] and labels float32[n] of one training file.

    Raises:
        RowsRefused, ContentTypeRefused.
    """
    kind, parameters = media_type(content_type)
    if kind == RECORDIO:
        rows, labels = _from_recordio(data)
    elif kind == CSV:
        size = parameters.get("label_size", "1")
        if size != "1":
            raise ContentTypeRefused(f"label_size must be 1, k-NN trains on labelled rows, got {size!r}")
        table = _from_csv(data)
        rows, labels = table[:, 1:], table[:, 0].copy()
    else:
        raise ContentTypeRefused(f"training data must be {RECORDIO} or {CSV}, got {content_type!r}")
    rows = _checked(rows, feature_dim)
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
    kind, _ = media_type(content_type)
    read = _REQUEST_READERS.get(kind)
    if read is None:
        raise ContentTypeRefused(f"the content type must be one of {', '.join(_REQUEST_READERS)}, got {content_type!r}")
    return _checked(read(data), feature_dim)


def _checked(rows: Floats, feature_dim: int) -> Floats:
    if not len(rows):
        raise RowsRefused("there are no rows")
    if rows.shape[1] != feature_dim:
        raise RowsRefused(f"each row must have feature_dim {feature_dim} values, got rows of {rows.shape[1]}")
    if not np.isfinite(rows).all():
        raise RowsRefused(f"row {int(np.argmin(np.isfinite(rows).all(axis=1)))} holds a NaN or an infinity")
    return rows


def _from_recordio(data: bytes) -> tuple[Floats, Floats | None]:
    try:
        records = read_dense(data)
    except CorruptRecord as error:
        raise RowsRefused(f"not recordIO-protobuf with dense rows: {error}") from error
    return records.rows, records.labels


def _from_csv(data: bytes) -> Floats:
    if not data.strip():
        raise RowsRefused("there are no rows")
    try:
        return np.loadtxt(io.BytesIO(data), delimiter=",", dtype=np.float32, ndmin=2, comments=None, encoding="utf-8")
    except ValueError as error:
        raise RowsRefused(f"not CSV with numbers only: {error}") from None


def _from_json(data: bytes) -> Floats:
    document = _decoded(data)
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list):
        raise RowsRefused('JSON rows look like {"instances": [{"features": [1.5, 2.0]}]}')
    return _from_instances(instances)


def _from_json_lines(data: bytes) -> Floats:
    return _from_instances([_decoded(line) for line in data.splitlines() if line.strip()])


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise RowsRefused(f"not JSON: {error}") from None


def _from_instances(instances: list[Any]) -> Floats:
    if not instances:
        raise RowsRefused("there are no rows")
    try:
        return np.array([_features(instance) for instance in instances], dtype=np.float32).reshape(len(instances), -1)
    except (ValueError, TypeError, KeyError) as error:
        raise RowsRefused(
            'each row must look like {"features": [1.5, 2.0]} or {"data": {"features": {"values": [1.5, 2.0]}}}, '
            f"and all must be of one width: {error!r}"
        ) from None


def _features(instance: Any) -> list[float]:
    features = instance["data"]["features"]["values"] if "data" in instance else instance["features"]
    if not isinstance(features, list):
        raise TypeError(f"features must be a list of numbers, got {features!r}")
    return features


_REQUEST_READERS: dict[str, Callable[[bytes], Floats]] = {
    RECORDIO: lambda data: _from_recordio(data)[0],
    CSV: _from_csv,
    JSON: _from_json,
    JSON_LINES: _from_json_lines,
}
