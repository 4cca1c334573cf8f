"""All runs, newest first."""

from topx.deployment import Deployment
from topx.published import current_version
from topx.run_history import Run, newest_runs
from topx.web.markup import Html, Page, element, joined, link, table

_MOST = 20


def runs_page(deployment: Deployment) -> Page:
    """The newest runs, how each ended, and which is current."""
    found = newest_runs(deployment, _MOST)
    current = current_version(deployment.table)
    where = f"the stack {deployment.stack}" if deployment.stack else "this machine"
    facts = (where, f"current version {current}" if current else "nothing is published yet")
    if not found:
        return Page("Runs", element("p", "No runs yet: ", element("code", deployment.command("run"))), facts)
    head = ("run", "status", "seconds", "users", "items", "NDCG@10", "most popular")
    body = table(head, [_cells(run, current) for run in found], numbers=range(2, len(head)), optional=(2, 3, 4, 6))
    return Page("Runs", body, facts)


def _cells(run: Run, current: str | None) -> tuple[Html | str, ...]:
    return (
        link(run.run_id, "/run", execution=run.execution),
        joined([run.status, ", current" if run.run_id == current else ""]),
        _number(run.seconds, ",.0f"),
        _number(run.users, ",d"),
        _number(run.items, ",d"),
        _number(run.ndcg, ".4f"),
        _number(run.most_popular_ndcg, ".4f"),
    )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
