"""The training container: reads rows, writes an index.

Source: "How Amazon SageMaker Provides Training Information" in the developer guide.
"""

import json
import logging
import time
from pathlib import Path
from typing import Any

import numpy as np

from local_aws.algorithms.nearest_neighbours import hyperparameters
from local_aws.algorithms.nearest_neighbours.hyperparameters import HyperparametersRefused
from local_aws.algorithms.nearest_neighbours.model import Floats, NearestNeighbours, TrainingDataRefused
from local_aws.algorithms.nearest_neighbours.rows import RECORDIO, ContentTypeRefused, RowsRefused, training_rows
from sagemaker_contract.job_paths import JobPaths

log = logging.getLogger(__name__)

# Errors that a customer can fix; anything else is a bug in the algorithm.
CUSTOMER_ERRORS = (HyperparametersRefused, TrainingDataRefused, RowsRefused, ContentTypeRefused)
# SageMaker samples differently each time; a fixed seed makes a job reproducible.
_SAMPLING_SEED = 0


def train(paths: JobPaths) -> None:
    """Index the ``train`` channel into ``model/``.

    Raises:
        HyperparametersRefused, TrainingDataRefused, RowsRefused, ContentTypeRefused.
    """
    given = hyperparameters.parse(_config(paths, "hyperparameters"))
    log.info("Final configuration: %s", given)
    host = _config(paths, "resourceconfig").get("current_host", "algo-1")
    channels = _config(paths, "inputdataconfig")
    if "train" not in channels:
        raise RowsRefused(f"the channel train is missing, got {sorted(channels)}")
    if "test" in channels:
        log.warning("the channel test is ignored: the stand-in predicts no labels")
    begun = time.monotonic()
    rows, labels = _channel_rows(paths, channels["train"], given.feature_dim)
    log.info("#progress_metric: host=%s, completed 100 %% epochs", host)
    seconds = max(time.monotonic() - begun, 1e-9)
    log.info("#throughput_metric: host=%s, train throughput=%s records/second", host, len(rows) / seconds)
    model = NearestNeighbours.train(*sampled(rows, labels, given.sample_size), given)
    log.info("indexed %d of %d rows as %s with %s", len(model.labels), len(rows), given.index_type, given.index_metric)
    paths.model.mkdir(parents=True, exist_ok=True)
    model.save(paths.model)


def sampled(rows: Floats, labels: Floats, sample_size: int) -> tuple[Floats, Floats]:
    """At most ``sample_size`` rows and their labels, sampled without replacement, in their original order."""
    if sample_size >= len(rows):
        return rows, labels
    chosen = np.sort(np.random.default_rng(_SAMPLING_SEED).choice(len(rows), sample_size, replace=False))
    log.warning("sample_size %d is below the %d rows: the others are not indexed", sample_size, len(rows))
    return rows[chosen], labels[chosen]


def _channel_rows(paths: JobPaths, channel: dict[str, str], feature_dim: int) -> tuple[Floats, Floats]:
    files = sorted(path for path in paths.channel("train").rglob("*") if path.is_file())
    if not files:
        raise RowsRefused("the channel train has no files")
    parts = [_file_rows(path, channel.get("ContentType", RECORDIO), feature_dim) for path in files]
    rows, labels = (np.concatenate(pieces) for pieces in zip(*parts, strict=True))
    return rows, labels


def _file_rows(path: Path, content_type: str, feature_dim: int) -> tuple[Floats, Floats]:
    try:
        return training_rows(path.read_bytes(), content_type, feature_dim)
    except RowsRefused as error:
        raise RowsRefused(f"{path.name}: {error}") from error


def _config(paths: JobPaths, name: str) -> dict[str, Any]:
    path = paths.config / f"{name}.json"
    document: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return document
