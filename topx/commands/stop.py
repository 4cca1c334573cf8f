"""``topx stop``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command, which has no arguments."""
    parser = commands.add_parser("stop", help="stop the embedded AWS; published lists are kept")
    parser.set_defaults(command=_stop)


def _stop(_: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.engine import stop

    return stop(console)
