"""``topx forget``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(
        commands,
        "forget",
        help="erase a user, and leave them out of all later runs",
        description="Erase a user from the lists of all versions and from run files in the bucket, and leave the "
        "user's rows out of all later runs. This cannot be undone. input/ is not changed.",
    )
    parser.add_argument("user", metavar="USER", help="the user's id, exactly as in the data")
    parser.add_argument("--by", metavar="WHO", help="who to record as the requester (default: this machine's user)")
    parser.add_argument("--json", action="store_true", help="print the erasure record as JSON")
    parser.set_defaults(command=_forget)


def _forget(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.forget import forget

    deployment = connect(arguments, Terminal(stderr=True))
    return forget(deployment, console, user=arguments.user, by=arguments.by, as_json=arguments.json)
