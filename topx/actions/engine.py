"""``topx status`` and ``topx stop`` for the embedded AWS."""

import shlex

from topx import embedded_aws
from topx.actions.status import show_deployment, show_last_run
from topx.local_deployment import deployed
from topx.problem import Problem
from topx.terminal import Terminal


def status(console: Terminal) -> int:
    """Print whether the engine runs, the current version, running executions, and how the last run ended. Starts
    nothing.
    """
    running = embedded_aws.status()
    if running is None:
        console.print("The embedded AWS is not running; any command but this one and stop starts it.")
    else:
        console.print(f"The embedded AWS runs at {running.endpoint} (process {running.pid}).")
        deployment = deployed(running)
        if deployment is None:
            console.print("The stack is not deployed; topx run deploys it.")
        else:
            show_deployment(deployment, console)
    show_last_run(console, None)
    return 0


def show_environment(console: Terminal) -> int:
    """Print shell commands that set up AWS's own tools for the running engine.

    Raises:
        Problem: if it is not running.
    """
    running = embedded_aws.status()
    if running is None:
        raise Problem("the embedded AWS is not running; any command but status and stop starts it, such as: topx runs")
    for name, value in running.environment().items():
        console.print(f"export {name}={shlex.quote(value)}", soft_wrap=True)
    return 0


def stop(console: Terminal) -> int:
    """Stop the engine and everything running on it; published data is kept."""
    was = embedded_aws.status()
    embedded_aws.stop()
    console.print("The embedded AWS is stopped." if was else "The embedded AWS was not running.")
    return 0
