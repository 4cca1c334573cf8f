"""``topx status`` and ``topx stop``: the AWS inside this machine."""

import json

from rich.console import Console

from topx.home import home
from topx.local import engine
from topx.local.deployment import deployed
from topx.published import current_version


def status(console: Console) -> int:
    """Say whether the engine runs, what is served, what is running, and how the last run ended. Starts nothing."""
    running = engine.status()
    if running is None:
        console.print("The embedded AWS is not running; any command but this one and stop starts it.")
    else:
        console.print(f"The embedded AWS runs at {running.endpoint} (process {running.pid}).", highlight=False)
        deployment = deployed(running)
        if deployment is None:
            console.print("The stack is not deployed; topx run deploys it.")
        else:
            version = current_version(deployment.table)
            console.print(f"Served: version {version}" if version else "Nothing is published yet.", highlight=False)
            going = deployment.states.list_executions(stateMachineArn=deployment.state_machine, statusFilter="RUNNING")[
                "executions"
            ]
            for execution in going:
                console.print(f"Running: {execution['name']} (topx watch {execution['name']})", highlight=False)
    record = home() / "last-run.json"
    if record.exists():
        last = json.loads(record.read_text(encoding="utf-8"))
        console.print(f"Last run: {last['run_id'] or 'not started'}, {last['status']}", highlight=False)
    return 0


def stop(console: Console) -> int:
    """Stop the engine, and what runs on it; what was published is kept."""
    was = engine.status()
    engine.stop()
    console.print("The embedded AWS is stopped." if was else "The embedded AWS was not running.")
    return 0
