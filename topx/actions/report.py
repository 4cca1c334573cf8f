"""``topx report``: downloads the pages of a run."""

import webbrowser

from contract.run_layout import RUN_ID
from topx.actions.run import execution_arn
from topx.deployment import Deployment
from topx.home import home
from topx.problem import Problem
from topx.reports import Reports, download, newest_first
from topx.terminal import Terminal
from workflow.failed_run import run_id


def report(deployment: Deployment, console: Terminal, *, run: str | None, open_them: bool) -> int:
    """Download a run's report and outcome page, and print their paths.

    Args:
        run: its id, or its execution's name; None for the newest run with a page.
        open_them: whether to open them in the browser.

    Raises:
        Problem: if there is no such page.
    """
    found = _named(deployment, run) if run else _newest(deployment)
    for name, path in found.pages.items():
        console.print(f"{name}: {path}", soft_wrap=True)
        if open_them:
            webbrowser.open(path.as_uri())
    return 0


def _named(deployment: Deployment, name: str) -> Reports:
    run = name
    if not RUN_ID.fullmatch(name):
        arn = execution_arn(deployment, name)
        run = run_id(arn, deployment.states.describe_execution(executionArn=arn)["startDate"])
    found = download(deployment, run, home() / "reports")
    if not found.pages:
        raise Problem(f"run {run} has no report: it did not get as far as the evaluation; see: topx runs")
    return found


def _newest(deployment: Deployment) -> Reports:
    for run in newest_first(deployment):
        found = download(deployment, run, home() / "reports")
        if found.pages:
            return found
    raise Problem("no run has a report yet: start one, for instance: topx run --sample movielens")
