"""``topx run``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse

from topx.command_line import EXIT_CODES, Commands, add_data, add_placed, connect, is_on_aws, run_input
from topx.terminal import Terminal


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = add_placed(
        commands,
        "run",
        help="start a run and follow it to its end",
        description="Upload data, start a run, follow it to its end and write .topx/last-run.json. Without --data and "
        "--sample, the data that was uploaded before is used.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_data(parser.add_mutually_exclusive_group())
    parser.add_argument(
        "--replace", action="store_true", help="with --stack: delete the data that is in the bucket before uploading"
    )
    parser.add_argument(
        "--input",
        metavar="JSON",
        type=run_input,
        default="{}",
        help="""the run's input, for instance '{"top_x": 20}'; the fields are in docs/reference.md (default: {})""",
    )
    parser.set_defaults(command=_run)


def _run(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.run import Data, run

    data = Data(arguments.data, arguments.sample, replace=arguments.replace or not is_on_aws(arguments))
    return run(lambda: connect(arguments, console), console, data, given=arguments.input, stack=arguments.stack)
