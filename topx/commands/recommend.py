"""``topx recommend``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import Commands, add_placed, connect, positive
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(
        commands, "recommend", help="show a user's published list, or the default list for an unknown user"
    )
    parser.add_argument("user", metavar="USER", help="the user's id, exactly as in the data")
    parser.add_argument("-n", metavar="N", type=positive, default=10, help="how many items at most (default: 10)")
    parser.add_argument(
        "--as",
        dest="like",
        metavar="COLUMN=VALUE",
        type=_column_and_value,
        help="for an unknown user: selects the default list by the feature that users.default_by names",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help='print {"user", "version", "fallback": {"column", "value"} or null, "items": [{"id", "score"}]}',
    )
    parser.set_defaults(command=_recommend)


def _column_and_value(text: str) -> tuple[str, str]:
    column, sign, value = text.partition("=")
    if not (column and sign and value):
        raise argparse.ArgumentTypeError(f"must be a column and a value such as country=NL, got {text!r}")
    return column, value


def _recommend(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.recommend import recommend

    deployment = connect(arguments, Terminal(stderr=True))
    return recommend(
        deployment,
        console,
        user=arguments.user,
        most=arguments.n,
        as_json=arguments.json,
        like=arguments.like,
    )
