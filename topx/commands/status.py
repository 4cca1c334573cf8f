"""``topx status``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect, is_on_aws
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(commands, "status", help="show what is running and the current version; starts nothing")
    parser.add_argument(
        "--env",
        action="store_true",
        help='print the variables with which AWS tools use the embedded AWS, including its key: eval "$(topx status '
        '--env)"',
    )
    parser.set_defaults(command=_status)


def _status(arguments: argparse.Namespace, console: Terminal) -> int:
    if is_on_aws(arguments):
        from topx.actions.status import show_stack

        return show_stack(connect(arguments, console), console)
    from topx.actions.engine import show_environment, status

    return show_environment(console) if arguments.env else status(console)
