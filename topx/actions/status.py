"""``topx status``: the current version, running executions, and how the last run followed on this machine ended."""

import json
from datetime import UTC, datetime, timedelta

from topx import subscribers
from topx.deployment import Deployment
from topx.home import home
from topx.problem import Problem
from topx.published import current_version, last_published
from topx.terminal import Terminal


def show_stack(deployment: Deployment, console: Terminal) -> int:
    """Print a stack's current version and running executions, and whether anyone is notified of failures."""
    console.print(f"The stack {deployment.stack} is deployed: bucket {deployment.bucket}")
    show_deployment(deployment, console)
    if published := last_published(deployment.table):
        days = (datetime.now(UTC) - published) / timedelta(days=1)
        console.print(f"Last published: {published:%Y-%m-%d %H:%M} UTC, {days:.1f} days ago")
    console.print(subscribers.description(deployment.sns, deployment.failures_topic), soft_wrap=True)
    show_last_run(console, deployment.stack)
    return 0


def show_deployment(deployment: Deployment, console: Terminal) -> None:
    """Print the current version and the running executions."""
    version = current_version(deployment.table)
    console.print(f"Current version: {version}" if version else "Nothing is published yet.")
    going = deployment.states.list_executions(stateMachineArn=deployment.state_machine, statusFilter="RUNNING")
    for execution in going["executions"]:
        name = execution["name"]
        console.print(f"Running: {name} ({deployment.command('watch', name)})", soft_wrap=True)
    after = deployment.states.list_executions(stateMachineArn=deployment.after_publishing, statusFilter="RUNNING")
    for execution in after["executions"]:
        name = execution["name"]
        console.print(f"After publishing: {name} ({deployment.command('watch', name)})", soft_wrap=True)


def show_last_run(console: Terminal, stack: str | None) -> None:
    """Print how the last ``topx run`` ended, if it was on this stack (None: on this machine)."""
    record = home() / "last-run.json"
    if record.exists():
        try:
            last = json.loads(record.read_text(encoding="utf-8"))
        except ValueError as error:
            raise Problem(f"{record} is damaged ({error}); delete it, the next run writes a new one") from error
        if last.get("stack") == stack:
            console.print(f"Last run: {last['run_id'] or 'not started'}, {last['status']}")
