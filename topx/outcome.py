"""How a run ended, and ``last-run.json``, which has the same for scripts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from contract import hold_out, time_span
from contract import outcome_documents as published_documents
from contract.documents import Means, PublishedAlready, RefusedSummary, Summary, TimeSpan
from contract.measured_documents import Metrics
from contract.outcome_documents import TrainedOn
from contract.run_layout import RunLayout
from topx.deployment import Deployment
from topx.execution import Snapshot
from topx.published import record_of
from topx.reports import Reports
from topx.run_files import json_object
from workflow.failed_run import FailedRun, look, run_id
from workflow.failure_message import Ending, ending_of

PUBLISHED, REFUSED, FAILED, PLANNED, UNCHANGED = "published", "refused", "failed", "planned", "unchanged"
METRICS = ("ndcg@10", "recall@20", "coverage")
EXIT_CODES = {PUBLISHED: 0, PLANNED: 0, UNCHANGED: 0, FAILED: 1, REFUSED: 3}


@dataclass(frozen=True)
class Outcome:
    """The content of ``last-run.json``; fields are None if the run did not get far enough.

    ``stack`` is the stack on AWS, None on this machine; ``version`` is the version that this run published;
    ``unchanged`` is the current version that the run would only have repeated (contract.documents.PublishedAlready);
    ``trained_on`` counts the interactions of the measured model and of the published one; ``filtered`` counts the rows
    that ``where`` of dataset.json left out, ``empty`` the users without a list; ``times`` are those of the earliest and
    the latest interaction, ``hold_out`` is how the held-out interactions were chosen; ``seconds`` are by state;
    ``after_publishing_succeeded`` is about the execution of the second state machine; ``warnings`` are things to check
    that did not stop the run.
    """

    status: str
    stack: str | None = None
    run_id: str | None = None
    version: str | None = None
    unchanged: PublishedAlready | None = None
    users: int | None = None
    items: int | None = None
    interactions: int | None = None
    rejected: int | None = None
    filtered: int | None = None
    empty: int | None = None
    metrics: dict[str, Means | None] | None = None
    trained_on: TrainedOn | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    times: Mapping[str, str | None] | None = None
    hold_out: str | None = None
    report: str | None = None
    outcome: str | None = None
    after_publishing_succeeded: bool | None = None
    warnings: Sequence[str] = ()

    def write(self, path: Path) -> None:
        """Write it as JSON atomically: a reader finds either the old file or the complete new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        draft.replace(path)


def failure_of(execution: Snapshot, deployment: Deployment) -> FailedRun | None:
    """How an ended execution failed; None if it did not."""
    if not execution.ended_badly:
        return None
    failure = look(deployment.states, execution.arn)
    return replace(failure, published="published_at" in record_of(deployment.table, failure.run_id))


def status_of(execution: Snapshot, failure: FailedRun | None) -> str:
    """How it ended.

    ``published``, ``planned`` (a dry run), ``unchanged`` (nothing new), ``refused`` (stopped by topx) or ``failed``
    (something went wrong).
    """
    if failure is not None:
        return REFUSED if ending_of(failure) is Ending.REFUSED else FAILED
    plan = execution.output.get("plan", {})
    if plan.get("dry_run"):
        return PLANNED
    return UNCHANGED if plan.get("unchanged") else PUBLISHED


def outcome_of(execution: Snapshot, failure: FailedRun | None, deployment: Deployment, pages: Reports) -> Outcome:
    """Collect what an ended run left in the bucket.

    Args:
        pages: the run's pages that were downloaded.
    """
    run = run_id(execution.arn, execution.started)
    layout = RunLayout(deployment.bucket, run)
    status = status_of(execution, failure)
    # It may have been stopped just after publishing.
    published = status == PUBLISHED or (failure is not None and failure.published)
    summary: Summary | RefusedSummary | None = json_object(deployment, layout.summary)
    ready = summary if summary is not None and summary["status"] == "ready" else None
    metrics: Metrics | None = json_object(deployment, layout.metrics)
    recorded: published_documents.Outcome | None = json_object(deployment, layout.outcome)
    rows = summary and summary["rows"]
    return Outcome(
        status=status,
        stack=deployment.stack,
        run_id=run,
        version=run if published else None,
        unchanged=execution.output.get("plan", {}).get("unchanged"),
        users=ready and ready["users"],
        items=ready and ready["items"],
        interactions=ready and ready["interactions"],
        rejected=rows and rows["rejected"],
        filtered=rows and rows.get("filtered", 0),
        empty=recorded and recorded["empty"],
        metrics=headline(metrics) if metrics else None,
        trained_on=recorded and recorded["trained_on"],
        seconds=execution.seconds(),
        times=_times(ready) if ready else None,
        hold_out=hold_out.words(ready["hold_out"]) if ready else None,
        report=str(pages.report) if pages.report else None,
        outcome=str(pages.outcome) if pages.outcome else None,
        after_publishing_succeeded=_succeeded(execution.after) if published else None,
        warnings=recorded["warnings"] if recorded else ready["warnings"] if ready else [],
    )


def _succeeded(after: Snapshot | None) -> bool:
    return after is not None and after.status == "SUCCEEDED"


def _times(summary: TimeSpan) -> dict[str, str | None]:
    return {
        "span": time_span.words(summary),
        "earliest": time_span.iso(summary["earliest_time"]),
        "latest": time_span.iso(summary["latest_time"]),
    }


def headline(metrics: Metrics) -> dict[str, Means | None]:
    """From metrics.json, the metrics in ``last-run.json`` for scripts: three for the model and for most-popular."""
    rankings = {"model": metrics["model"], "most_popular": metrics["most_popular"]}
    return {ranking: means and {name: means[name] for name in METRICS} for ranking, means in rankings.items()}
