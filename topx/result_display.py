"""Shows a run's result: what was published, its metrics, and the lists of some users; or why it was not published."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from rich.table import Table

from contract.documents import Means, PublishedAlready
from contract.outcome_documents import TrainedOn
from contract.run_layout import RunLayout
from contract.visible_text import shown_id, visible
from topx.deployment import Deployment
from topx.execution import Snapshot, Workflow
from topx.job_logs import Job
from topx.outcome import METRICS, PLANNED, UNCHANGED, Outcome
from topx.problem import Problem
from topx.published import current_version, list_for
from topx.run_files import json_object
from topx.terminal import Terminal, styled
from workflow.failed_run import FailedRun, look
from workflow.failure_message import failure_message, first_sentence
from workflow.stages import NOT_STARTED

_PEOPLE = 3
_TITLES = 5


def show(
    console: Terminal, deployment: Deployment, execution: Snapshot, failure: FailedRun | None, outcome: Outcome
) -> None:
    """Print how ``execution`` ended."""
    if failure is not None:
        _show_failure(console, deployment, execution, failure, outcome)
    elif outcome.status == PLANNED:
        console.print(
            styled("\nPlanned only", "bold green"),
            f"(dry run {outcome.run_id}): the input is valid and the data was found.",
        )
        layout = RunLayout(deployment.bucket, str(outcome.run_id))
        plan = json_object(deployment, layout.plan) or {}
        console.print(f"SageMaker's quotas: {plan.get('quotas', 'not known')}", soft_wrap=True)
        console.print(f"The plan: {layout.uri(layout.plan)}", soft_wrap=True)
        if outcome.unchanged:
            console.print(f"A run would end at once, with nothing new since {_since(outcome.unchanged)}.")
    elif outcome.status == UNCHANGED and outcome.unchanged:
        _show_unchanged(console, deployment, execution, outcome.unchanged)
    else:
        console.print(styled("\nPublished", "bold green"), f"version {outcome.version}")
        _show_numbers(console, outcome)
        _show_examples(console, deployment, str(outcome.version))
        if not outcome.after_publishing_succeeded:
            why = _failed_after_publishing(deployment, execution)
            line = f"\n{why} Version {outcome.version} stays current."
            console.print(styled(line, "bold yellow"), soft_wrap=True)


def _show_unchanged(
    console: Terminal, deployment: Deployment, execution: Snapshot, unchanged: PublishedAlready
) -> None:
    console.print(
        styled("\nNothing new", "bold green"),
        f"since {_since(unchanged)}: data, settings and code are those of version {unchanged['version']}, the current "
        "one. Nothing was trained or published.",
        soft_wrap=True,
    )
    if unchanged["latest_interaction"]:
        console.print(f"The latest interaction is from {unchanged['latest_interaction']}.")
    given = execution.states[0].given if execution.states else {}
    forced = json.dumps({**given, "force": True})
    console.print(f"To run anyway: {deployment.command('run', '--input', forced)}", soft_wrap=True)


def _since(unchanged: PublishedAlready) -> str:
    return f"{datetime.fromisoformat(unchanged['published_at']).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _failed_after_publishing(deployment: Deployment, execution: Snapshot) -> str:
    """How the execution after publishing failed, in a sentence."""
    if execution.after:
        return first_sentence(look(deployment.states, execution.after.arn))
    why: Mapping[str, str] = next(
        (state.given["not_started"] for state in execution.states if state.name == NOT_STARTED), {}
    )
    return f"The state machine AfterPublishing did not start: {why.get('Error', 'the reason is unknown')}."


def _show_numbers(console: Terminal, outcome: Outcome) -> None:
    counts = Table(box=None, pad_edge=False, show_header=False)
    for name in ("users", "items", "interactions", "rejected"):
        value = getattr(outcome, name)
        counts.add_row(name, "unknown" if value is None else f"{value:,}")
    for label, value in (("left out by where", outcome.filtered), ("users without a list", outcome.empty)):
        if value:
            counts.add_row(label, f"{value:,}")
    counts.add_row("times", str(outcome.times["span"]) if outcome.times else "unknown")
    counts.add_row("hold-out", outcome.hold_out or "unknown")
    console.print(counts)
    _show_metrics(console, outcome.metrics or {})
    _show_measured(console, outcome.trained_on)
    seconds = Table(box=None, pad_edge=False, title="seconds by state", title_justify="left", show_header=False)
    seconds.add_column()
    seconds.add_column(justify="right")
    for state, spent in outcome.seconds.items():
        seconds.add_row(state, f"{spent:.1f}")
    seconds.add_row("together", f"{sum(outcome.seconds.values()):.1f}", style="bold")
    console.print()
    console.print(seconds)
    _show_warnings(console, outcome)
    console.print(f"\nReport: {outcome.report}\nOutcome: {outcome.outcome}", soft_wrap=True)


def _show_warnings(console: Terminal, outcome: Outcome) -> None:
    for warning in outcome.warnings:
        console.print(f"\n{visible(warning)}", soft_wrap=True)


def _show_metrics(console: Terminal, metrics: Mapping[str, Means | None]) -> None:
    model, popular = metrics.get("model"), metrics.get("most_popular")
    if not model or not popular:
        console.print("\nNo user has five interactions or more, so nothing was held out and nothing was measured.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("", "model", "most popular"):
        table.add_column(name, justify="right" if name else "left")
    for metric in METRICS:
        table.add_row(metric, f"{model[metric]:.4f}", f"{popular[metric]:.4f}")
    console.print()
    console.print(table)


def _show_measured(console: Terminal, trained_on: TrainedOn | None) -> None:
    """Print which model the metrics are from, if it is not the published one."""
    if trained_on and trained_on["measured"] != trained_on["published"]:
        console.print(
            f"\nThe metrics are of a model trained on {trained_on['measured']:,} interactions, without the held-out "
            f"ones. The published model was trained the same way on all {trained_on['published']:,}.",
            soft_wrap=True,
        )


def _show_examples(console: Terminal, deployment: Deployment, version: str) -> None:
    """Some users' lists, read from the table as a reader would, next to what they liked before."""
    layout = RunLayout(deployment.bucket, version)
    for example in (json_object(deployment, layout.examples) or [])[:_PEOPLE]:
        titles = {item["id"]: item["title"] for item in example["recommended"]}
        try:
            recommended = list_for(deployment.table, example["user"], _TITLES, None)
        except Problem as problem:
            console.print(str(problem))
            continue
        title = f"user {shown_id(example['user'])}"
        table = Table(box=None, pad_edge=False, title=title, title_justify="left")
        table.add_column("liked before", ratio=1, overflow="fold")
        table.add_column("gets what is popular" if recommended.fallback else "gets now", ratio=1, overflow="fold")
        history = [shown_id(item["title"] or item["id"]) for item in example["history"]][:_TITLES]
        gets = [shown_id(titles.get(item.id) or item.id) for item in recommended.items]
        for index in range(max(len(history), len(gets))):
            table.add_row(*(names[index] if index < len(names) else "" for names in (history, gets)))
        console.print()
        console.print(table)


def _show_failure(
    console: Terminal, deployment: Deployment, execution: Snapshot, failure: FailedRun, outcome: Outcome
) -> None:
    """Print the message that subscribers of a deployed stack get."""
    places = deployment.logs.places(failure, deployment.bucket, _job(deployment, execution))
    if outcome.report:
        places["Report"] = outcome.report
    message = failure_message(failure, current=current_version(deployment.table), places=places)
    console.print(styled(f"\n{message.subject}", "bold red"))
    console.print(message.text, soft_wrap=True)
    _show_warnings(console, outcome)


def _job(deployment: Deployment, execution: Snapshot) -> Job | None:
    """The failed state's job, if it has one."""
    if execution.failed_state is None:
        return None
    described = deployment.states.describe_state_machine_for_execution(executionArn=execution.arn)
    return Workflow.of(described["definition"]).job(execution.failed_state)
