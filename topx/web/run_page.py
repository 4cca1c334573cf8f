"""A run: its states with their times, during the run and afterwards, and its own two pages."""

from contract.run_layout import RunLayout
from topx.deployment import Deployment
from topx.execution import Snapshot
from topx.outcome import failure_of, status_of
from topx.progress import FAILED, Row, execution_of, look
from topx.run_files import exists
from topx.web.markup import Html, Page, element, joined, link, table
from workflow.failed_run import run_id

_SECONDS_BETWEEN_LOOKS = 5


def run_page(deployment: Deployment, execution: str) -> Page:
    """The run whose execution has that name; the page of a running one reloads itself."""
    found, rows = look(deployment, execution_of(deployment.state_machine, execution))
    layout = RunLayout(deployment.bucket, run_id(found.arn, found.started))
    going = found.running or (found.after is not None and found.after.running)
    own = {"/report": ("Model report", layout.report), "/outcome": ("Outcome", layout.outcome_page)}
    links = [link(name, path, run=layout.run_id) for path, (name, key) in own.items() if exists(deployment, key)]
    body = [
        *([element("p", *_apart(links))] if links else []),
        table(("state", "status", "seconds", ""), [_cells(row) for row in rows], numbers=[2]),
    ]
    facts = (_status(deployment, found), f"started {found.started:%Y-%m-%d %H:%M} UTC", f"execution {execution}")
    return Page(f"Run {layout.run_id}", joined(body), facts, refresh=_SECONDS_BETWEEN_LOOKS if going else None)


def _status(deployment: Deployment, found: Snapshot) -> str:
    if found.running:
        return "running"
    status = status_of(found, failure_of(found, deployment))
    return f"{status}, after publishing: running" if found.after is not None and found.after.running else status


def _cells(row: Row) -> tuple[Html | str, ...]:
    status = element("span", row.status, class_="bad") if row.status == FAILED else row.status
    return row.state, status, "" if row.seconds is None else f"{row.seconds:,.1f}", row.detail


def _apart(links: list[Html]) -> list[Html | str]:
    return [part for one in links for part in (" · ", one)][1:]
