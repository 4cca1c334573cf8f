"""The model report: one self-contained HTML page."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.run_inputs import RunInputs
from containers.extract.evaluation import bootstrap, metrics_document
from containers.extract.evaluation.metrics import LIST_LENGTH, head
from containers.extract.lists.examples import Example
from containers.extract.lists.ranking import NO_ITEM, Ranking
from containers.extract.model.history import HALF_TRUSTED
from containers.extract.pages import metrics_table, templates
from containers.extract.pages.charts import popularity_chart, score_chart
from containers.extract.pages.curves import dial_chart, long_tail_chart, loss_chart, loss_words
from containers.extract.pages.report_warnings import report_warnings
from containers.extract.pages.svg_figures import Chart
from containers.extract.passes import Pass, measured_model
from contract import hold_out, run_plan, time_span
from contract.measured_documents import Metrics, ScoreSettings, TrainingLosses, Trial


def report(
    run: RunInputs,
    which: Pass,
    metrics: Metrics,
    training: TrainingLosses,
    *,
    popularity: NDArray[np.int64],
    sample: Ranking,
    examples: Sequence[Example],
) -> str:
    """The page's HTML.

    Args:
        which: which of the run's extractions.
        metrics: metrics.json.
        training: training.json.
        popularity: (items,) interactions of each item that this model was trained on.
        sample: the lists, as published, of a sample of the users.
        examples: the users to show.
    """
    first = sample.labels[:, :LIST_LENGTH]
    recommended = first[first != NO_ITEM]
    return templates.render(
        "report.html.j2",
        run=run,
        started=templates.moment(run.plan["execution"]["started"]),
        execution=run.plan["execution"]["arn"].split(":")[-1],
        request=templates.request_fields(run.request),
        warnings=report_warnings(run, metrics),
        metrics=metrics,
        choice=metrics["settings"],
        settings=metrics["settings"]["chosen"],
        half_trusted=HALF_TRUSTED,
        same_settings=_same_settings,
        measured_model=measured_model(run, which),
        against_popular=metrics_document.against_popular(metrics),
        champion=metrics_document.against_champion(metrics),
        resamples=bootstrap.RESAMPLES,
        metric_rows=metrics_table.rows,
        later_than=templates.minute,
        sampled=len(sample.labels),
        dial_chart=_dial_chart(metrics),
        dial_users=metrics["dial_users"],
        long_tail_chart=long_tail_chart(popularity, recommended),
        head=_head(popularity, recommended),
        training=training,
        why_refit=run_plan.why_refit(run.request, run.summary),
        loss_chart=loss_chart(training) if training["epochs"] else None,
        loss_words=loss_words,
        concentration=_concentration(recommended, len(popularity), len(sample.labels)),
        score_chart=score_chart(sample),
        popularity_chart=popularity_chart(popularity, recommended),
        examples=examples,
        time_span=time_span.words(run.summary),
        hold_out=hold_out.words(run.summary["hold_out"]),
        density=run.summary["interactions"] / (run.users * run.items),
    )


def _same_settings(trial: Trial, settings: ScoreSettings) -> bool:
    return settings.items() <= trial.items()


def _dial_chart(metrics: Metrics) -> Chart | None:
    return (
        dial_chart(metrics["dial"], metrics["settings"]["chosen"]["popularity"], metrics["dial_most_popular"])
        if metrics["dial"] and metrics["dial_most_popular"]
        else None
    )


def _head(popularity: NDArray[np.int64], recommended: NDArray[np.int32]) -> dict[str, float]:
    """How many items count as most popular, and their shares of the interactions and of the recommendations."""
    chosen = head(popularity)
    return {
        "size": int(chosen.sum()),
        "interactions": float(popularity[chosen].sum() / max(popularity.sum(), 1)),
        "recommendations": float(chosen[recommended].mean()) if len(recommended) else 0.0,
    }


def _concentration(recommended: NDArray[np.int32], items: int, users: int) -> dict[str, float]:
    """How concentrated the lists are: distinct items, and the share of lists with the most frequent one."""
    times = np.bincount(recommended, minlength=items)
    return {"distinct": int(np.count_nonzero(times)), "most_frequent": float(times.max()) / users}
