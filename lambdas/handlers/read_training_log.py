"""States "Read training log", "Read refit log": keep the loss of each epoch, and refuse a training that diverged."""

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypedDict

from contract.measured_documents import TrainingLosses
from contract.refusal import TrainingDiverged
from contract.run_layout import RunLayout
from contract.sagemaker_logs import LogReader
from contract.training_log import EpochLoss, epoch_losses, held_out_loss, untrained_loss
from lambdas import aws_clients, run_log
from lambdas.job_status import require_completed
from lambdas.s3_json import JsonDocuments

# CloudWatch shows lines some seconds after they were written, and a job can end before.
_LOOKS = 7
_SECONDS_BETWEEN = 5.0
# A loss has diverged if it is this many times the first batch's. One batch is a sample, and a model that learns nothing
# has not diverged: for classes, the first loss is log 2 whatever the batch; for heavy-tailed values such as money, it
# may be a fraction of the loss over the data.
_MARGINS = {"rmse": 10.0}
_MARGIN = 1.1


@dataclass(frozen=True)
class TrainingLog:
    """What a job's log has: the finished epochs, and by the same metric the loss before training and on the test
    channel.
    """

    epochs: list[EpochLoss]
    untrained_loss: float | None
    test_loss: float | None

    @property
    def first_loss(self) -> float:
        """The loss that the others are compared with."""
        return self.epochs[0].loss if self.untrained_loss is None else self.untrained_loss


class Event(TypedDict):
    """What the state passes."""

    run_id: str
    document: Literal["training", "refit"]
    job: str  # the job's name; status and hyperparameters are those of this job
    status: str
    hyperparameters: dict[str, str]


class Answer(TypedDict):
    """For whoever reads the state's output."""

    epochs: int
    complete: bool


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> Answer:
    """Returns the number of epochs found, and whether all were found."""
    require_completed({"training": event["status"]})
    read = LogReader(aws_clients.client("logs"))
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    layout = RunLayout(documents.bucket, event["run_id"])
    return read_training_log(
        documents,
        lambda: read.text("Training", f"{event['job']}/"),
        {"training": layout.training, "refit": layout.refit_training}[event["document"]],
        event["job"],
        event["hyperparameters"],
    )


def read_training_log(
    documents: JsonDocuments,
    log: Callable[[], str],
    key: str,
    job: str,
    hyperparameters: dict[str, str],
    *,
    wait: Callable[[float], None] = time.sleep,
) -> Answer:
    """Write the losses, complete or not: a late log is no reason to stop a run.

    Args:
        log: returns the part of the job's log available so far.
        key: where to write them.
        hyperparameters: of the training.
        wait: sleeps for this many seconds.

    Raises:
        TrainingDiverged: if the last loss is much larger than the first batch's, or one is not finite.
    """
    asked = int(hyperparameters["epochs"])
    found = _read(log, asked, wait)
    complete = len(found.epochs) >= asked
    losses: TrainingLosses = {
        "job": job,
        "metric": found.epochs[0].metric if found.epochs else None,
        "asked": asked,
        "complete": complete,
        "epochs": [{"epoch": one.epoch, "loss": _number(one.loss)} for one in found.epochs],
        "untrained_loss": _number(found.untrained_loss),
        "test_loss": _number(found.test_loss),
    }
    documents.write(key, losses)
    _refuse_diverged(found, job, hyperparameters)
    return {"epochs": len(found.epochs), "complete": complete}


def _read(log: Callable[[], str], asked: int, wait: Callable[[float], None]) -> TrainingLog:
    """The log as soon as it has all epochs, or what is available after the last attempt."""
    for look in range(_LOOKS):
        if look:
            wait(_SECONDS_BETWEEN)
        text = log()
        epochs = epoch_losses(text)
        if len(epochs) >= asked:
            break
    if not epochs:
        return TrainingLog([], None, None)
    metric = epochs[0].metric
    return TrainingLog(epochs, untrained_loss(text, metric), held_out_loss(text, metric))


def _refuse_diverged(log: TrainingLog, job: str, hyperparameters: dict[str, str]) -> None:
    """Refuses the model if a loss is not finite, or the last one is larger than without any training."""
    bad = next((one for one in log.epochs if not math.isfinite(one.loss)), None)
    if (
        bad is None
        and log.epochs
        and log.epochs[-1].loss > _MARGINS.get(log.epochs[-1].metric, _MARGIN) * log.first_loss
    ):
        bad = log.epochs[-1]
    if bad is None:
        return
    rates = ", ".join(
        f"{name} {hyperparameters[name]}" for name in ("bias_lr", "linear_lr", "factors_lr") if name in hyperparameters
    )
    raise TrainingDiverged(
        f"the loss ({bad.metric}) of job {job} was {log.first_loss:g} in the beginning and {bad.loss:g} after epoch "
        f"{bad.epoch}, and must fall: lower the learning rates in hyperparameters ({rates or 'all at their defaults'})"
    )


def _number(loss: float | None) -> float | None:
    """JSON has no NaN and no infinity."""
    return loss if loss is not None and math.isfinite(loss) else None
