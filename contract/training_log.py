"""What factorization machines report about training: lines of the training job's log.

Source: published logs of SageMaker's own container. topx's stand-in writes the same format.
"""

import re
from dataclasses import dataclass

_NUMBER = r"(?P<loss>[-+.\w]+)"
# Lines that name a batch are about that batch only.
_EPOCH = re.compile(rf"#quality_metric: host=\S+, epoch=(?P<epoch>\d+), train (?P<metric>\S+) <loss>={_NUMBER}")
_FIRST_BATCH = re.compile(rf"#quality_metric: host=\S+, epoch=0, batch=0 train (?P<metric>\S+) <loss>={_NUMBER}")
_TEST = re.compile(rf"#quality_metric: host=\S+, test (?P<metric>\S+) <loss>={_NUMBER}")


@dataclass(frozen=True)
class EpochLoss:
    """The training loss at the end of an epoch, counted from 1, by the named metric; it may be not finite."""

    epoch: int
    metric: str
    loss: float


def epoch_losses(log: str) -> list[EpochLoss]:
    """The loss of each finished epoch, in order.

    A regressor's log has several losses for each epoch (rmse, then mse); the first is used.

    >>> epoch_losses("#quality_metric: host=algo-1, epoch=0, train rmse <loss>=0.93")
    [EpochLoss(epoch=1, metric='rmse', loss=0.93)]
    """
    found: dict[int, EpochLoss] = {}
    for line in _EPOCH.finditer(log):
        epoch = int(line["epoch"]) + 1
        found.setdefault(epoch, EpochLoss(epoch, line["metric"], float(line["loss"])))
    return [found[epoch] for epoch in sorted(found)]


def untrained_loss(log: str, metric: str) -> float | None:
    """The loss of the first batch, scored before any learning; None if the log has none.

    >>> untrained_loss("#quality_metric: host=algo-1, epoch=0, batch=0 train rmse <loss>=3.71", "rmse")
    3.71
    """
    return _loss(_FIRST_BATCH, log, metric)


def held_out_loss(log: str, metric: str) -> float | None:
    """The loss on the test channel by the named metric; None if the log has none.

    >>> held_out_loss("#quality_metric: host=algo-1, test rmse <loss>=1.07", "rmse")
    1.07
    """
    return _loss(_TEST, log, metric)


def _loss(line: re.Pattern[str], log: str, metric: str) -> float | None:
    return next((float(found["loss"]) for found in line.finditer(log) if found["metric"] == metric), None)
