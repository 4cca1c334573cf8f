"""The commands of ``topx``."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from topx import faults, owner_only
from topx.command_line import EXIT_CODES, is_on_aws
from topx.commands import (
    cancel,
    explain,
    forget,
    open,
    recommend,
    report,
    rollback,
    run,
    runs,
    simulate,
    status,
    stop,
    watch,
)
from topx.problem import Problem
from topx.terminal import Parser, Terminal

# In the order of ``topx --help``.
_COMMANDS = (run, watch, cancel, recommend, explain, open, runs, report, rollback, forget, simulate, status, stop)


def main(given: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parser = _parser()
    arguments = parser.parse_args(given)
    _refuse_misplaced(parser, arguments)
    console, errors = Terminal(), Terminal(stderr=True)
    try:
        with owner_only.umask(), _place(arguments):
            code: int = arguments.command(arguments, console)
    except Problem as problem:
        errors.print_error(problem)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        text = faults.explain(error)
        if text is None:
            errors.print_traceback(error)
        else:
            errors.print_error(text)
        return 1
    return code


def _parser() -> Parser:
    parser = Parser(
        prog="topx",
        description="Each user's best items, in a table: starts and follows runs, reads lists. Commands use the "
        "embedded AWS on this machine, which is started when needed, or with --stack a stack that was deployed to "
        "AWS.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return parser


def _refuse_misplaced(parser: Parser, arguments: argparse.Namespace) -> None:
    """Exit with 2 if an option does not apply to where the command runs: it would be ignored."""
    for name in ("profile", "region", "replace"):
        if getattr(arguments, name, None) and not arguments.stack:
            parser.error(f"--{name} needs --stack NAME: without it, everything happens on this machine")
    if getattr(arguments, "env", False) and arguments.stack:
        parser.error("--env is for this machine's embedded AWS: for a stack on AWS, use your own credentials")


def _place(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """A context in which AWS errors become sentences."""
    if not is_on_aws(arguments):
        return nullcontext()
    from topx.aws_problems import as_aws_problem  # noqa: PLC0415 - imports boto3

    return as_aws_problem(arguments.profile)


if __name__ == "__main__":
    sys.exit(main())
