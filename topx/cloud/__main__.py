"""``python -m topx.cloud bootstrap|deploy|destroy``, called by the Makefile's targets with these names."""

import argparse
import sys
from collections.abc import Sequence

from infra.settings import SettingsRefused
from topx.aws_problems import AwsProblem, as_aws_problem
from topx.cloud import deploying, destroying, given_settings, place
from topx.problem import Problem
from topx.terminal import Parser, Terminal


def main(given: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = _parser().parse_args(given)
    console, errors = Terminal(), Terminal(stderr=True)
    try:
        found = given_settings.gather(arguments.env, dict(arguments.context))
        where = place.find(arguments.profile, arguments.region)
        with as_aws_problem(arguments.profile):
            if arguments.command == "bootstrap":
                deploying.bootstrap(where, console, found.settings, profile=arguments.profile)
            elif arguments.command == "deploy":
                deploying.deploy(
                    where,
                    console,
                    found.settings,
                    profile=arguments.profile,
                    context=found.context,
                    yes=arguments.yes,
                )
            else:
                destroying.destroy(
                    where,
                    console,
                    found.settings.stack_name,
                    profile=arguments.profile,
                    context=found.context,
                    delete_data=arguments.delete_data,
                    confirm=arguments.confirm,
                )
    except AwsProblem as problem:
        errors.print_error(f"{problem} (with make, set PROFILE=NAME and REGION=NAME)")
        return 1
    except (Problem, SettingsRefused) as problem:
        errors.print_error(problem)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        errors.print_traceback(error)
        return 1
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python -m topx.cloud", description="The stack in an AWS account.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in {
        "bootstrap": "prepare a region for the CDK",
        "deploy": "create or update the stack",
        "destroy": "delete the stack",
    }.items():
        command = commands.add_parser(name, help=what)
        command.add_argument("--profile", metavar="NAME", help="of AWS's configuration files")
        command.add_argument("--region", metavar="REGION", help="default: the profile's or the environment's")
        command.add_argument("--env", metavar="NAME", help="the settings of environments/NAME.yaml")
        command.add_argument(
            "-c",
            "--context",
            metavar="KEY=VALUE",
            action="append",
            default=[],
            type=_pair,
            help="a setting, overriding the file's",
        )
        if name == "deploy":
            command.add_argument(
                "--yes", action="store_true", help="do not ask before changing settings or widening permissions"
            )
        if name == "destroy":
            command.add_argument("--delete-data", action="store_true", help="delete bucket and table, too")
            command.add_argument("--confirm", metavar="STACK", help="the stack's name, instead of typing it when asked")
    return parser


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"a setting must be KEY=VALUE, got {text!r}")
    return key, value


if __name__ == "__main__":
    sys.exit(main())
