"""The metrics that SageMaker's factorization machines log."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Metric:
    """``kind`` is ``loss`` or ``score``, as the log marks it."""

    name: str
    kind: str
    value: float


def evaluate(scores: NDArray[np.float32], labels: NDArray[np.float32], *, binary: bool) -> list[Metric]:
    """The metrics of raw scores against labels (both float32 [n], n > 0), the job's loss first."""
    # A diverged model's scores give a loss that is not finite, which is for the caller to see, not a warning.
    with np.errstate(invalid="ignore", over="ignore"):
        return _classification(scores, labels) if binary else _regression(scores, labels)


def _classification(scores: NDArray[np.float32], labels: NDArray[np.float32]) -> list[Metric]:
    # F1 at threshold 0.5 of the probability, which is 0 of the raw score.
    entropy, right, true_positives, positives, predicted = 0.0, 0, 0, 0, 0
    for start in range(0, scores.size, _CHUNK):
        score, label = scores[start : start + _CHUNK].astype(np.float64), labels[start : start + _CHUNK]
        entropy += float(np.sum(np.logaddexp(0, score) - label * score))
        chosen, positive = score >= 0, label == 1
        right += int(np.sum(chosen == positive))
        true_positives += int(np.sum(chosen & positive))
        positives += int(np.sum(positive))
        predicted += int(np.sum(chosen))
    f_1 = 2 * true_positives / (positives + predicted) if positives + predicted else 0.0
    return [
        Metric("binary_classification_cross_entropy", "loss", entropy / scores.size),
        Metric("binary_classification_accuracy", "score", right / scores.size),
        Metric("binary_f_1.000", "score", f_1),
    ]


def _regression(scores: NDArray[np.float32], labels: NDArray[np.float32]) -> list[Metric]:
    squared, absolute = 0.0, 0.0
    for start in range(0, scores.size, _CHUNK):
        error = scores[start : start + _CHUNK].astype(np.float64) - labels[start : start + _CHUNK]
        squared += float(np.sum(error * error))
        absolute += float(np.sum(np.abs(error)))
    mse = squared / scores.size
    return [
        Metric("rmse", "loss", float(np.sqrt(mse))),
        Metric("mse", "loss", mse),
        Metric("absolute_loss", "loss", absolute / scores.size),
    ]
