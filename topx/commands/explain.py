"""``topx explain``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect, positive
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(
        commands,
        "explain",
        help="show what a score consists of",
        description="Show what the score of an item for a user consists of in the current version: by block, by "
        "features, and by the user's history. Available for 30 days after the version's run.",
    )
    parser.add_argument("user", metavar="USER", help="the user's id, exactly as in the data")
    parser.add_argument("item", metavar="ITEM", help="the item's id, exactly as in the data")
    parser.add_argument(
        "-n", metavar="N", type=positive, default=5, help="how many items of the user's history at most (default: 5)"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.set_defaults(command=_explain)


def _explain(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.explain import explain

    deployment = connect(arguments, Terminal(stderr=True))
    return explain(
        deployment, console, user=arguments.user, item=arguments.item, most=arguments.n, as_json=arguments.json
    )
