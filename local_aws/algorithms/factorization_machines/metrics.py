"""The metrics that SageMaker's factorization machines log."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Metric:
    """``kind`` is ``loss`` or ``score``, as the log marks it."""

    name: str
    kind: str
    value: float


@dataclass
class Tally:
    """Sums over scores and labels, from which the metrics of everything added are computed.

    ``sums`` are, for a binary classifier, cross-entropy, correct predictions, true positives, positives and predicted
    positives; for a regressor, the squared and the absolute error.
    """

    binary: bool
    count: int = 0
    sums: NDArray[np.float64] | float = 0.0

    def add(self, scores: NDArray[np.float32], labels: NDArray[np.float32]) -> None:
        """Add raw scores and their labels, both float32 [n]."""
        self.count += scores.size
        # If the model diverged, the loss is not finite; the caller handles this, so there is no warning.
        with np.errstate(invalid="ignore", over="ignore"):
            self.sums = self.sums + (_classified if self.binary else _regressed)(scores.astype(np.float64), labels)

    def metrics(self) -> list[Metric]:
        """The metrics of everything added, which must not be empty, the job's loss first."""
        with np.errstate(invalid="ignore", over="ignore"):
            means = np.asarray(self.sums) / self.count
            return _of_classification(means) if self.binary else _of_regression(means)


def evaluate(scores: NDArray[np.float32], labels: NDArray[np.float32], *, binary: bool) -> list[Metric]:
    """The metrics of raw scores against labels (both float32 [n], n > 0), the job's loss first."""
    tally = Tally(binary)
    tally.add(scores, labels)
    return tally.metrics()


def _classified(scores: NDArray[np.float64], labels: NDArray[np.float32]) -> NDArray[np.float64]:
    # F1 at a probability of 0.5, which is a raw score of 0.
    chosen, positive = scores >= 0, labels == 1
    entropy = np.sum(np.logaddexp(0, scores) - labels * scores)
    return np.array([entropy, *(np.sum(each) for each in (chosen == positive, chosen & positive, positive, chosen))])


def _regressed(scores: NDArray[np.float64], labels: NDArray[np.float32]) -> NDArray[np.float64]:
    error = scores - labels
    return np.array([np.sum(error * error), np.sum(np.abs(error))])


def _of_classification(means: NDArray[np.float64]) -> list[Metric]:
    entropy, right, true_positives, positives, predicted = means.tolist()
    f_1 = 2 * true_positives / (positives + predicted) if positives + predicted else 0.0
    return [
        Metric("binary_classification_cross_entropy", "loss", entropy),
        Metric("binary_classification_accuracy", "score", right),
        Metric("binary_f_1.000", "score", f_1),
    ]


def _of_regression(means: NDArray[np.float64]) -> list[Metric]:
    mse, absolute = means.tolist()
    return [
        Metric("rmse", "loss", float(np.sqrt(mse))),
        Metric("mse", "loss", mse),
        Metric("absolute_loss", "loss", absolute),
    ]
