"""``topx simulate``."""

# ruff: noqa: PLC0415 - imports are inside the function, because boto3 alone takes most of a second

import argparse
from typing import NoReturn

from topx.command_line import Commands, add_data, positive, run_input
from topx.terminal import Terminal

_EXIT_CODES = """\
exit codes:
  0    every week was run; some may have been refused, as the table says
  1    a week failed, or the command could not do it: the weeks before it are shown
  2    the command line itself is wrong
  3    the input of the runs was refused
  130  interrupted: the week that was running is stopped, those before it are shown
"""


def add(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "simulate",
        help="run once for each week of the data, as if it were exported weekly",
        description="Cut data into weeks by its timestamps, run the workflow on one week more each time, and "
        "show\nwhat would have been published: a table, simulation.html and simulation.json. The first run "
        "has\nall data before the other weeks. It uses its own embedded AWS, under\n.topx/simulations/: your "
        "published lists on this machine do not change. An earlier simulation of the same\ndata is replaced.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_data(parser.add_mutually_exclusive_group(required=True))
    parser.add_argument("--weeks", metavar="N", type=positive, default=8, help="how many runs (default: 8)")
    parser.add_argument("--days", metavar="N", type=positive, default=7, help="days in a week (default: 7)")
    parser.add_argument(
        "--input", metavar="JSON", type=run_input, default="{}", help="the input of each run (default: {})"
    )
    # Accepted in order to refuse it with a reason, instead of as an unknown argument.
    parser.add_argument("--stack", type=_no_stack, help=argparse.SUPPRESS)
    parser.set_defaults(command=_simulate)


def _no_stack(_: str) -> NoReturn:
    raise argparse.ArgumentTypeError(
        "a simulation replaces data week by week, so it runs only on this machine; leave out --stack: it has its own "
        "embedded AWS"
    )


def _simulate(arguments: argparse.Namespace, console: Terminal) -> int:
    from topx.actions.run import Data
    from topx.actions.simulate import simulate

    return simulate(
        console,
        Data(arguments.data, arguments.sample),
        weeks=arguments.weeks,
        days=arguments.days,
        given=arguments.input,
    )
