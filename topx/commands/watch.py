"""``topx watch``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(commands, "watch", help="follow a running run, or show one that has ended")
    parser.add_argument("run", metavar="RUN", nargs="?", help="its id, or its execution's name (default: the newest)")
    parser.set_defaults(command=_watch)


def _watch(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.run import watch

    return watch(connect(arguments, console), console, arguments.run)
