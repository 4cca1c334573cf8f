"""The log lines of SageMaker's factorization machines, as in published logs of real jobs."""

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from local_aws.algorithms.factorization_machines.metrics import Metric


class JobLog:
    """Writes to stdout, flushed after each line, so that lines are visible at once."""

    def __init__(self, host: str) -> None:
        self._host = host

    def started(self, hyperparameters: Mapping[str, str]) -> None:
        self._line(f"Final configuration: {json.dumps(dict(sorted(hyperparameters.items())))}")

    def network(self) -> None:
        self._line("Building a sparse network")

    def batch(self, epoch: int, batch: int, metrics: list[Metric]) -> None:
        for metric in metrics:
            self._quality(f"epoch={epoch}, batch={batch} train", metric)

    def epoch(self, epoch: int, epochs: int, metrics: list[Metric], records_per_second: float) -> None:
        for metric in metrics:
            self._quality(f"epoch={epoch}, train", metric)
        self._line(f"#progress_metric: host={self._host}, completed {100 * (epoch + 1) / epochs:g} % of epochs")
        self._line(f"#throughput_metric: host={self._host}, train throughput={records_per_second} records/second")

    def test(self, metrics: list[Metric]) -> None:
        for metric in metrics:
            self._quality("test", metric)
        for metric in metrics:
            self._line(f"#test_score ({self._host}) : {(metric.name, metric.value)}")

    def failed(self, message: str) -> None:
        self._line(message, "ERROR")

    def _quality(self, when: str, metric: Metric) -> None:
        self._line(f"#quality_metric: host={self._host}, {when} {metric.name} <{metric.kind}>={metric.value}")

    def _line(self, text: str, level: str = "INFO") -> None:
        now = datetime.now(UTC)
        sys.stdout.write(f"[{now:%m/%d/%Y %H:%M:%S} {level} {os.getpid()}] {text}\n")
        sys.stdout.flush()
