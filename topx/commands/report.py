"""``topx report``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(
        commands,
        "report",
        help="download a run's report and outcome, and print their paths",
        description="Download the pages of a run: the model report and, for a published run, the outcome.",
    )
    parser.add_argument(
        "run", metavar="RUN", nargs="?", help="its id, or its execution's name (default: the newest that has a page)"
    )
    parser.add_argument("--open", action="store_true", dest="open_them", help="show them in the browser")
    parser.set_defaults(command=_report)


def _report(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.report import report

    deployment = connect(arguments, Terminal(stderr=True))
    return report(deployment, console, run=arguments.run, open_them=arguments.open_them)
