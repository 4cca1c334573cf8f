"""``topx cancel``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(commands, "cancel", help="stop a run and its jobs")
    parser.add_argument("run", metavar="RUN", nargs="?", help="its id, or its execution's name (default: the newest)")
    parser.set_defaults(command=_cancel)


def _cancel(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.run import cancel

    return cancel(connect(arguments, console), console, arguments.run)
