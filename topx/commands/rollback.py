"""``topx rollback``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(
        commands,
        "rollback",
        help="make an earlier version current again",
        description="Make an earlier published version current again. The next run still publishes over it.",
    )
    parser.add_argument(
        "version", metavar="VERSION", nargs="?", help="its id (default: the one published before the current)"
    )
    parser.add_argument("--by", metavar="WHO", help="who to record as the requester (default: this machine's user)")
    parser.set_defaults(command=_rollback)


def _rollback(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.rollback import rollback

    return rollback(connect(arguments, Terminal(stderr=True)), console, version=arguments.version, by=arguments.by)
