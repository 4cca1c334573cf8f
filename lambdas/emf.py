"""CloudWatch metrics as lines in a function's log.

Source: "Specification: Embedded metric format", CloudWatch user guide. CloudWatch Logs extracts the metrics from such
lines, so no call can fail and no permission is needed.
"""

import json
import math
import os
import time
from collections.abc import Mapping

from workflow.run_metrics import DIMENSION, NAMESPACE, Metric

Values = Mapping[Metric, float | None]


def emit(values: Values, *, run_id: str) -> None:
    """Write the values as one line. Unknown values are left out; without any value, no line is written.

    Args:
        values: by metric name.
        run_id: the run of the values. It is a field of the line, not a dimension, which would make new metrics for each
            run.
    """
    known = {metric: value for metric, value in values.items() if value is not None and math.isfinite(value)}
    if known:
        print(line(known, run_id=run_id, stack=os.environ["STACK"], at=time.time()), flush=True)


def line(values: Mapping[Metric, float], *, run_id: str, stack: str, at: float) -> str:
    """The line for values at a time in epoch seconds."""
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
