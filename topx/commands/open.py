"""``topx open``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(
        commands,
        "open",
        help="show runs, versions and lists in the browser, until Ctrl-C",
        description="Serve pages on 127.0.0.1 to this machine's browser: runs and their progress, versions, a user's "
        "list next to the user's history, what changed between two versions, and what a score consists of. The "
        "pages are read-only. The address contains a token that gives access.",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.set_defaults(command=_open)


def _open(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.open import open_pages

    deployment = connect(arguments, Terminal(stderr=True))
    return open_pages(deployment, console, profile=arguments.profile, browse=not arguments.no_browser)
