"""The hyperparameters of SageMaker's k-nearest neighbours, parsed from text and validated together.

Source: "k-NN Hyperparameters" in the SageMaker developer guide.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PREDICTOR_TYPES = ("classifier", "regressor")
INDEX_TYPES = ("faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ")
METRICS = ("L2", "INNER_PRODUCT", "COSINE")
REDUCTIONS = ("sign", "fjlt")
PQ_M = (1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96)
REQUIRED = ("feature_dim", "k", "predictor_type", "sample_size")


class HyperparametersRefused(ValueError):
    """A training job's hyperparameters are invalid, or need something that the stand-in does not support."""


@dataclass(frozen=True)
class Hyperparameters:
    """A valid set. ``ivf_nlists`` is already a number; it is used for ``faiss.IVFFlat`` only."""

    feature_dim: int
    k: int
    sample_size: int
    predictor_type: str
    index_type: str
    index_metric: str
    ivf_nlists: int
    mini_batch_size: int


def parse(given: Mapping[str, str]) -> Hyperparameters:
    """Parse a training job's hyperparameters.

    Raises:
        HyperparametersRefused: with every error in one message.

    >>> parse({"feature_dim": "3", "k": "2", "sample_size": "100", "predictor_type": "regressor"}).ivf_nlists
    10
    """
    faults = [f"{name} is missing" for name in REQUIRED if name not in given]
    values: dict[str, Any] = {}
    for name, text in given.items():
        decode = _DECODERS.get(name)
        if decode is None:
            faults.append(f"{name} is not a hyperparameter of k-nearest neighbours")
            continue
        try:
            values[name] = decode(text)
        except ValueError as error:
            faults.append(f"{name} {error}, got {text!r}")
    faults += _faults_between(values)
    if faults:
        raise HyperparametersRefused("; ".join(faults))
    return Hyperparameters(
        feature_dim=values["feature_dim"],
        k=values["k"],
        sample_size=values["sample_size"],
        predictor_type=values["predictor_type"],
        index_type=values.get("index_type", "faiss.Flat"),
        index_metric=values.get("index_metric", "L2"),
        ivf_nlists=values.get("faiss_index_ivf_nlists") or math.isqrt(values["sample_size"]),
        mini_batch_size=values.get("mini_batch_size", 5000),
    )


def _faults_between(values: Mapping[str, Any]) -> list[str]:
    """Errors in the combination of valid values, and features of SageMaker that the stand-in does not support."""
    faults = []
    index_type, metric = values.get("index_type", "faiss.Flat"), values.get("index_metric", "L2")
    if index_type == "faiss.IVFPQ" and metric != "L2":
        faults.append(f"index_metric {metric} is not supported with index_type faiss.IVFPQ; it has L2 only")
    elif index_type == "faiss.IVFPQ":
        faults.append("index_type faiss.IVFPQ is not offered by the stand-in; take faiss.Flat or faiss.IVFFlat")
    if "faiss_index_pq_m" in values and index_type != "faiss.IVFPQ":
        faults.append(f"faiss_index_pq_m is valid only with index_type faiss.IVFPQ, which is {index_type}")
    if "faiss_index_ivf_nlists" in values and index_type == "faiss.Flat":
        faults.append(
            "faiss_index_ivf_nlists is valid only with index_type faiss.IVFFlat or faiss.IVFPQ, which is faiss.Flat"
        )
    target, dimensions = values.get("dimension_reduction_target"), values.get("feature_dim")
    reduction = values.get("dimension_reduction_type")
    if target is not None and dimensions is not None and target >= dimensions:
        faults.append(f"dimension_reduction_target must be below feature_dim {dimensions}, got {target}")
    if (target is None) != (reduction is None):
        faults.append("dimension_reduction_type and dimension_reduction_target go only together")
    if reduction is not None:
        faults.append(f"dimension_reduction_type {reduction} is not offered by the stand-in; leave it out")
    return faults


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ValueError("must be a whole number, at least 1")
    return number


def _choice(choices: tuple[str, ...]) -> Callable[[str], str]:
    def decode(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return decode


def _lists(text: str) -> int | None:
    return None if text == "auto" else _positive(text)


def _pq_m(text: str) -> int:
    if text not in map(str, PQ_M):
        raise ValueError(f"must be one of {', '.join(map(str, PQ_M))}")
    return int(text)


_DECODERS: dict[str, Callable[[str], Any]] = {
    "feature_dim": _positive,
    "k": _positive,
    "sample_size": _positive,
    "predictor_type": _choice(PREDICTOR_TYPES),
    "dimension_reduction_type": _choice(REDUCTIONS),
    "dimension_reduction_target": _positive,
    "index_type": _choice(INDEX_TYPES),
    "index_metric": _choice(METRICS),
    "faiss_index_ivf_nlists": _lists,
    "faiss_index_pq_m": _pq_m,
    "mini_batch_size": _positive,
}
