"""The page of a run's outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from containers.extract.data.run_inputs import RunInputs
from containers.extract.evaluation import metrics_document
from containers.extract.lists.examples import MarkedExample
from containers.extract.outcome.charts import overlap_chart
from containers.extract.outcome.difference import SHOWN_ITEMS, Difference
from containers.extract.pages import metrics_table, templates
from containers.extract.passes import Pass, measured_model
from contract import hold_out, time_span
from contract.measured_documents import Metrics
from contract.outcome_documents import Bill, Facts, Outcome, TrainingSeconds

# The embedded AWS's account: no AWS account has this number.
_EMBEDDED = "000000000000"


@dataclass(frozen=True)
class Before:
    """The previous version, None for the first; how its lists differ, or the ``reason`` why that is unknown."""

    version: str | None
    difference: Difference | None = None
    reason: str | None = None


def outcome_page(
    run: RunInputs,
    *,
    published: Outcome,
    metrics: Metrics,
    facts: Facts,
    before: Before,
    titles: Mapping[str, str],
    examples: Sequence[MarkedExample],
) -> str:
    """The page's HTML.

    Args:
        run: plan and summary.
        published: outcome.json.
        metrics: metrics.json.
        facts: facts.json (lambdas.handlers.gather_outcome).
        before: the previous version.
        titles: of the items in ``before``, if they have one.
        examples: the users to show.
    """
    account, region = facts["execution"].split(":")[4], facts["execution"].split(":")[3]
    request = templates.request_fields(run.request)
    return templates.render(
        "outcome.html.j2",
        run=run,
        published=published,
        published_at=templates.moment(published["published_at"]),
        execution=facts["execution"].split(":")[-1],
        request=request,
        changed=[field for field in request if field["changed"]],
        facts=facts,
        longest=max((state["seconds"] for state in facts["states"]), default=0),
        jobs=_by_state(facts["jobs"]),
        embedded=account == _EMBEDDED,
        region=region,
        measured_model=measured_model(run, Pass.PUBLISH),
        against_popular=metrics_document.against_popular(metrics),
        champion=metrics_document.against_champion(metrics),
        metric_rows=metrics_table.rows,
        before=before,
        overlap_chart=overlap_chart(before.difference) if before.difference and before.difference.users else None,
        title=lambda item: {"id": item, "title": titles.get(item)},
        examples=examples,
        shown=SHOWN_ITEMS,
        time_span=time_span.words(run.summary),
        hold_out=hold_out.words(run.summary["hold_out"]),
        duration=duration,
        expected=expected,
    )


def _by_state(jobs: Sequence[Bill]) -> dict[str, list[Bill]]:
    found: dict[str, list[Bill]] = {}
    for job in jobs:
        found.setdefault(job["state"], []).append(job)
    return found


def expected(training: TrainingSeconds) -> str:
    """The expected duration of a training, by one or two estimates.

    >>> expected({"least": 90, "most": 90}), expected({"least": 90, "most": 7380})
    ('1 min 30 s', '1 min 30 s to 2 h 3 min')
    """
    return " to ".join(dict.fromkeys(map(duration, (training["least"], training["most"]))))


def duration(seconds: float) -> str:
    """Seconds in a readable form.

    >>> duration(3.26), duration(75.2), duration(7380)
    ('3.3 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
