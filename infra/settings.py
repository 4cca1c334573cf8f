"""The settings of a deployment: one table of context keys, and the one place that checks them.

A key is given by ``cdk ... -c key=value``, under ``context`` in cdk.json, or in CDK_CONTEXT_JSON when ``app.py`` is run
by itself. ``python -m infra.settings`` prints the table.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_SCHEDULE = re.compile(r"cron\(\S+( \S+){5}\)|rate\([1-9]\d* (minute|hour|day)s?\)")
_EMAIL = re.compile(r"([^@\s]+@[^@\s]+\.[^@\s]+)?")
_TIME_ZONE = re.compile(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*")


class SettingsRefused(Exception):
    """The context has faults; the message lists every one of them."""


@dataclass(frozen=True)
class Settings:
    """What may differ between two deployments."""

    stack_name: str
    schedule: str
    time_zone: str
    schedule_enabled: bool
    flexible_window_minutes: int
    keep_versions: int
    deletion_protection: bool
    notify_email: str

    @classmethod
    def from_context(cls, look_up: Callable[[str], object]) -> "Settings":
        """Read every setting, or its default where ``look_up`` (such as ``app.node.try_get_context``) gives None.

        Raises:
            SettingsRefused: with all faults in one message.
        """
        values: dict[str, Any] = {}
        faults = []
        for key in KEYS:
            given = look_up(key.name)
            try:
                values[key.name] = key.default if given is None else key.read(given)
            except ValueError as fault:
                faults.append(f"{key.name} must be {fault}, got {given!r}")
        if faults:
            raise SettingsRefused(f"the context cannot be used: {'; '.join(faults)}")
        return cls(**values)


@dataclass(frozen=True)
class Key:
    """One context key: how to read it, what it is without being given, and what it means."""

    name: str
    default: str | bool | int
    meaning: str
    read: Callable[[object], str | bool | int]


def _text(pattern: re.Pattern[str], rule: str) -> Callable[[object], str]:
    def read(given: object) -> str:
        if isinstance(given, str) and pattern.fullmatch(given):
            return given
        raise ValueError(rule)

    return read


def _time_zone(given: object) -> str:
    name = _text(_TIME_ZONE, "an IANA time zone such as Europe/Berlin")(given)
    known = available_timezones()  # empty on a machine without a time zone database: then AWS is the judge
    if known and name not in known:
        raise ValueError("an IANA time zone such as Europe/Berlin")
    return name


def _flag(given: object) -> bool:
    """The command line gives text, cdk.json gives booleans."""
    text = str(given).lower()
    if text in ("true", "false"):
        return text == "true"
    raise ValueError("true or false")


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(given: object) -> int:
        if isinstance(given, int | str) and not isinstance(given, bool) and re.fullmatch(r"\d{1,9}", str(given)):
            number = int(given)
            if low <= number <= high:
                return number
        raise ValueError(f"a whole number {low}..{high}")

    return read


KEYS: tuple[Key, ...] = (
    Key(
        "stack_name",
        "topx",
        "the CloudFormation stack; a second name is a second, separate product in one account",
        _text(_STACK_NAME, "1..64 letters, digits and hyphens, a letter first"),
    ),
    Key(
        "schedule",
        "cron(0 3 ? * MON *)",
        "when a run starts: an EventBridge Scheduler expression",
        _text(_SCHEDULE, "cron(MINUTE HOUR DAY MONTH WEEKDAY YEAR) or rate(N UNIT)"),
    ),
    Key("time_zone", "UTC", "of the schedule; daylight saving is followed", _time_zone),
    Key("schedule_enabled", True, "whether runs start by themselves", _flag),
    Key(
        "flexible_window_minutes",
        15,
        "a run may start up to so much later; 0 is to the minute",
        _whole(0, 1440),
    ),
    # Two at least: a reader may keep the pointer for a minute, so the version before must outlive the next publication.
    Key("keep_versions", 3, "published versions that stay for a roll-back, the current one included", _whole(2, 52)),
    Key(
        "deletion_protection",
        True,
        "the table refuses to be deleted; whatever this says, the table and the bucket outlive the stack",
        _flag,
    ),
    Key(
        "notify_email",
        "",
        "an address that is told of failed runs; it must confirm the subscription. Others can subscribe to the topic",
        _text(_EMAIL, "an e-mail address, or nothing"),
    ),
)


def documentation_table() -> str:
    """The keys as a Markdown table."""
    rows = ["| context key | default | meaning |", "|---|---|---|"]
    for key in KEYS:
        default = str(key.default).lower() if isinstance(key.default, bool) else key.default
        shown = "nothing" if default == "" else f"`{default}`"
        rows.append(f"| `{key.name}` | {shown} | {key.meaning} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(documentation_table())
