"""``topx runs``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect, positive
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(commands, "runs", help="list the runs and how they ended")
    parser.add_argument("-n", metavar="N", type=positive, default=20, help="how many at most (default: 20)")
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    parser.set_defaults(command=_runs)


def _runs(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.runs import runs

    return runs(connect(arguments, Terminal(stderr=True)), console, most=arguments.n, as_json=arguments.json)
