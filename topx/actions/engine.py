"""``topx status`` and ``topx stop``: the AWS inside this machine."""

import shlex

from topx import embedded_aws
from topx.actions.status import show_deployment, show_last_run
from topx.local_deployment import deployed
from topx.problem import Problem
from topx.terminal import Terminal


def status(console: Terminal) -> int:
    """Say whether the engine runs, what is served, what is running, and how the last run ended. Starts nothing."""
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
    """Print the environment of somebody who works on the running engine with AWS's own tools, for a shell to evaluate.

    Raises:
        Problem: when it does not run.
    """
    running = embedded_aws.status()
    if running is None:
        raise Problem("the embedded AWS is not running; any command but status and stop starts it, such as: topx runs")
    for name, value in running.environment().items():
        console.print(f"export {name}={shlex.quote(value)}", soft_wrap=True)
    return 0


def stop(console: Terminal) -> int:
    """Stop the engine, and what runs on it; what was published is kept."""
    was = embedded_aws.status()
    embedded_aws.stop()
    console.print("The embedded AWS is stopped." if was else "The embedded AWS was not running.")
    return 0
