"""Metrics for CloudWatch, as lines of a function's log.

Source: "Specification: Embedded metric format", CloudWatch user guide. Lambda's log is read by CloudWatch Logs, which
makes metrics of such lines: no call that could fail, and no permission.
"""

import json
import math
import os
import time
from collections.abc import Mapping

from workflow.run_metrics import DIMENSION, NAMESPACE, Metric

Values = Mapping[Metric, float | None]


def emit(values: Values, *, run_id: str) -> None:
    """Write the values as one line; those that are not known are left out, and so is a line without any.

    Args:
        values: by metric.
        run_id: of the run that they are of. It is a field of the line, and no dimension: each run would be new metrics.
    """
    known = {metric: value for metric, value in values.items() if value is not None and math.isfinite(value)}
    if known:
        print(line(known, run_id=run_id, stack=os.environ["STACK"], at=time.time()), flush=True)


def line(values: Mapping[Metric, float], *, run_id: str, stack: str, at: float) -> str:
    """The line for values of a moment, in epoch seconds."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[DIMENSION]],
        "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in values],
    }
    document = {
        "_aws": {"Timestamp": int(at * 1000), "CloudWatchMetrics": [directive]},
        DIMENSION: stack,
        "run_id": run_id,
        **{metric.name: value for metric, value in values.items()},
    }
    return json.dumps(document, allow_nan=False)
