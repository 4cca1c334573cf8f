"""One training job: reads the channels, writes log lines and the artifact."""

import json
import math
import os
import time
from collections.abc import Mapping
from typing import Any

import numba
import numpy as np

from local_aws.algorithms.factorization_machines import artifact, metrics, parameters, training
from local_aws.algorithms.factorization_machines.batches import Chunk
from local_aws.algorithms.factorization_machines.channel import Channel, open_channel
from local_aws.algorithms.factorization_machines.job_log import JobLog
from local_aws.algorithms.factorization_machines.metrics import Tally
from local_aws.algorithms.factorization_machines.pace import Pace
from local_aws.algorithms.factorization_machines.parameters import Parameters
from local_aws.algorithms.factorization_machines.settings import ClientError, Settings, decode
from sagemaker_contract.job_paths import JobPaths

# batch_metrics_publish_interval in real jobs.
_PUBLISH_EVERY = 500
# Batches between two time measurements.
_TURN = 20
# With more threads than this, each has too little of a batch to do.
_MOST_THREADS = 4
_CHANNELS = {"train", "test"}
_CONTENT_TYPE = "application/x-recordio-protobuf"


def run(paths: JobPaths) -> None:
    """Train as specified by the configuration files of ``paths``, and write ``model_algo-1`` to ``paths.model``.

    Records are in the order of the files in every epoch: SageMaker does not promise to shuffle, so the files must be
    shuffled already. The same files, hyperparameters and ``FM_SEED`` (default 0) give the same model, bit for bit on
    the same kind of processor.

    Raises:
        ClientError: if the request or the data must be fixed.
    """
    hosts = _read(paths, "resourceconfig")
    log = JobLog(hosts["current_host"])
    if len(hosts["hosts"]) > 1:
        raise ClientError(f"{len(hosts['hosts'])} hosts; the stand-in trains on one: set InstanceCount to 1")
    settings = decode(_read(paths, "hyperparameters"))
    log.started(settings.wire)
    channels = _channels(_read(paths, "inputdataconfig"))
    train = open_channel(paths.channel("train"), settings)
    log.network()
    model = _train(train, settings, log)
    if "test" in channels:
        tally = Tally(settings.binary_classifier)
        for chunk in open_channel(paths.channel("test"), settings).chunks():
            tally.add(training.scores(chunk.samples, model), chunk.samples.labels)
        log.test(tally.metrics())
    artifact.write_model(paths.model, model, settings.wire)


def _train(channel: Channel, settings: Settings, log: JobLog) -> Parameters:
    model = parameters.initial(settings, int(os.environ.get("FM_SEED", "0")))
    trainer = training.Trainer(model, settings)
    pace = Pace(min(numba.config.NUMBA_NUM_THREADS, _MOST_THREADS))
    for epoch in range(settings.epochs):
        begun = time.perf_counter()
        tally, earlier = Tally(settings.binary_classifier), 0
        for chunk in channel.chunks():
            for first in range(0, chunk.batches, _TURN):
                _take_turn(trainer, chunk, range(first, min(first + _TURN, chunk.batches)), pace)
                if (earlier + first) % _PUBLISH_EVERY == 0:
                    _log_batch(chunk, first, epoch, earlier + first, settings, log)
            tally.add(chunk.scores, chunk.samples.labels)
            earlier += chunk.batches
        log.epoch(epoch, settings.epochs, tally.metrics(), channel.rows / (time.perf_counter() - begun))
        _check_finite(tally.metrics()[0].value, f"epoch {epoch}", settings)
    if not all(np.isfinite(array).all() for array in model):
        _check_finite(math.nan, "the last update", settings)
    return model


def _log_batch(chunk: Chunk, batch: int, epoch: int, number: int, settings: Settings, log: JobLog) -> None:  # noqa: PLR0917
    rows = slice(batch * settings.mini_batch_size, (batch + 1) * settings.mini_batch_size)
    found = metrics.evaluate(chunk.scores[rows], chunk.samples.labels[rows], binary=settings.binary_classifier)
    log.batch(epoch, number, found)
    _check_finite(found[0].value, f"batch {number} of epoch {epoch}", settings)


def _take_turn(trainer: training.Trainer, chunk: Chunk, batches: range, pace: Pace) -> None:
    threads = pace.threads()
    numba.set_num_threads(threads)
    begun = time.perf_counter()
    trainer.train(chunk, batches)
    pace.saw(threads, len(batches), time.perf_counter() - begun)


def _check_finite(loss: float, when: str, settings: Settings) -> None:
    if math.isfinite(loss):
        return
    rates = ", ".join(f"{name}_lr {getattr(settings, name).lr:g}" for name in ("bias", "linear", "factors"))
    raise ClientError(
        f"training diverged: the loss of {when} is {loss}. Lower the learning rates ({rates}), "
        "set clip_gradient, or scale the feature values and labels down"
    )


def _channels(given: Mapping[str, Any]) -> set[str]:
    """The channels' names, if the stand-in can read all of them."""
    faults = [f"channel {name} is unknown: use train or test" for name in sorted(given.keys() - _CHANNELS)]
    if "train" not in given:
        faults.append("channel train is missing")
    for name, channel in sorted(given.items()):
        content = channel.get("ContentType", _CONTENT_TYPE)
        if content.split(";")[0].strip() != _CONTENT_TYPE:
            faults.append(f"channel {name} has ContentType {content}: it must be {_CONTENT_TYPE}")
        mode = channel.get("TrainingInputMode", "File")
        if mode != "File":
            faults.append(f"channel {name} has TrainingInputMode {mode}: the stand-in supports only File")
    if faults:
        raise ClientError("; ".join(faults))
    return set(given)


def _read(paths: JobPaths, name: str) -> dict[str, Any]:
    file = paths.config / f"{name}.json"
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError) as error:
        raise ClientError(f"input/config/{name}.json cannot be read: {error}") from error
