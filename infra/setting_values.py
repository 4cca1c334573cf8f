"""Parses a setting's value from any source; a ValueError gives the rule."""

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import available_timezones

from contract import run_request
from contract.refusal import RequestRefused
from contract.value_rules import Whole
from infra import schedule_period
from infra.log_retention import RETENTION
from workflow import instance_types

_KMS_KEY = re.compile(
    r"(arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}))?"
)
_FEWEST_DAYS_OF_RUNS = 30
_TIME_ZONE = re.compile(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*")


def text(pattern: re.Pattern[str], rule: str) -> Callable[[object], str]:
    """A text that fits a pattern.

    Args:
        rule: the pattern in words.
    """

    def read(given: object) -> str:
        if isinstance(given, str) and pattern.fullmatch(given):
            return given
        raise ValueError(rule)

    return read


def schedule(given: object) -> str:
    """A recurring schedule expression of EventBridge Scheduler."""
    if isinstance(given, str):
        schedule_period.longest_gap(given)
        return given
    raise ValueError(schedule_period.RULE)


def time_zone(given: object) -> str:
    """An IANA time zone."""
    name = text(_TIME_ZONE, "an IANA time zone such as Europe/Berlin")(given)
    known = available_timezones()  # empty on a machine without a time zone database: then only AWS validates it
    if known and name not in known:
        raise ValueError("an IANA time zone such as Europe/Berlin")
    return name


def flag(given: object) -> bool:
    """The command line gives text, cdk.json gives booleans."""
    text = str(given).lower()
    if text in ("true", "false"):
        return text == "true"
    raise ValueError("true or false")


def whole(rule: Whole) -> Callable[[object], int]:
    """The command line gives text."""

    def read(given: object) -> int:
        number = int(given) if isinstance(given, str) and re.fullmatch(r"\d{1,9}", given) else given
        if isinstance(number, int) and rule.allows(number):
            return number
        raise ValueError(str(rule))

    return read


def keep_runs_days(given: object) -> int:
    """At least the number of days in which a run can be redriven: otherwise a redrive would find no files."""
    read = whole(Whole(0, 3650))
    if (days := read(given)) == 0 or days >= _FEWEST_DAYS_OF_RUNS:
        return days
    raise ValueError(f"0, or a whole number {_FEWEST_DAYS_OF_RUNS}..3650")


def keep_logs_days(given: object) -> int:
    """A retention period that CloudWatch Logs offers."""
    days = whole(Whole(1, 3653))(given)
    if days in RETENTION:
        return days
    raise ValueError(f"one of the days that CloudWatch keeps logs for: {', '.join(map(str, RETENTION))}")


def ids(prefix: str, most: int) -> Callable[[object], tuple[str, ...]]:
    """The ids of parts of a VPC: the command line gives text with commas, cdk.json a list."""
    one = re.compile(rf"{prefix}-([0-9a-f]{{8}}|[0-9a-f]{{17}})")

    def read(given: object) -> tuple[str, ...]:
        listed = [part.strip() for part in given.split(",")] if isinstance(given, str) else given
        if listed == [""]:
            return ()
        if isinstance(listed, list | tuple):
            good = [part for part in listed if isinstance(part, str) and one.fullmatch(part)]
            if len(set(good)) == len(listed) <= most:
                return tuple(good)
        raise ValueError(f"up to {most} different ids with commas between, such as {prefix}-0123456789abcdef0")

    return read


def kms_key(given: object) -> str:
    """The ARN of a key; if the deployment's region is known, of a key in that region: services cannot use others."""
    arn = text(_KMS_KEY, "the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID (of the key itself: no alias)")(given)
    region, here = arn.split(":")[3] if arn else "", os.environ.get("CDK_DEFAULT_REGION")
    if arn and here and region != here:
        raise ValueError(f"of a key in {here}, where this is deployed to")
    return arn


def run_input(given: object) -> Mapping[str, Any]:
    """The input of a run, as an object or as its JSON text."""
    try:
        request = json.loads(given) if isinstance(given, str) else given
    except ValueError as fault:
        raise ValueError(f"JSON ({fault})") from fault
    try:
        run_request.parse(request, instance_types=instance_types.by_field())
    except RequestRefused as refusal:
        raise ValueError(f"a run's input; {refusal.args[0]}") from refusal
    assert isinstance(request, Mapping)
    return request
