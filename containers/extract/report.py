"""The model's report: one HTML page that needs nothing but itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

from containers.extract import bootstrap, metrics_table
from containers.extract.charts import popularity_chart, score_chart
from containers.extract.evaluation import Evaluation
from containers.extract.examples import Example
from containers.extract.metrics import LIST_LENGTH
from containers.extract.ranking import NO_ITEM, Ranking
from containers.extract.report_warnings import report_warnings
from containers.extract.run_inputs import RunInputs
from contract.run_request import FIELDS

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def report(
    run: RunInputs,
    evaluation: Evaluation,
    popularity: NDArray[np.int64],
    sample: Ranking,
    examples: Sequence[Example],
) -> str:
    """The page's HTML.

    Args:
        popularity: (items,) training interactions of each item.
        sample: the lists, as published, of a sample of the users.
        examples: the users to show.
    """
    first = sample.labels[:, :LIST_LENGTH]
    recommended = first[first != NO_ITEM]
    return _TEMPLATES.get_template("report.html.j2").render(
        run=run,
        started=moment(run.plan["execution"]["started"]),
        execution=run.plan["execution"]["arn"].split(":")[-1],
        request=_request(run),
        warnings=report_warnings(run, evaluation),
        evaluation=evaluation,
        resamples=bootstrap.RESAMPLES,
        metric_rows=metrics_table.rows,
        later_than=_minute,
        sampled=len(sample.labels),
        concentration=_concentration(recommended, len(popularity), len(sample.labels)),
        score_chart=score_chart(sample),
        popularity_chart=popularity_chart(popularity, recommended),
        examples=examples,
        density=run.summary["interactions"] / (run.users * run.items),
    )


def moment(iso: str) -> str:
    """A time of the Step Functions service as a person writes it.

    >>> moment("2026-11-23T03:00:00.120Z")
    '23 November 2026, 03:00 UTC'
    """
    return _minute(datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp())


def _minute(seconds: float) -> str:
    time = datetime.fromtimestamp(seconds, UTC)
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def _request(run: RunInputs) -> list[dict[str, Any]]:
    defaults = {field.name: field.default for field in FIELDS}
    meanings = {field.name: field.meaning for field in FIELDS}
    return [
        {
            "name": name,
            "value": value,
            "changed": name in defaults and value != defaults[name],
            "meaning": meanings.get(name, ""),
        }
        for name, value in run.request.items()
    ]


def _concentration(recommended: NDArray[np.int32], items: int, users: int) -> dict[str, float]:
    """How far the lists differ: distinct items, and the share of lists that hold the most frequent one."""
    times = np.bincount(recommended, minlength=items)
    return {"distinct": int(np.count_nonzero(times)), "most_frequent": float(times.max()) / users}
