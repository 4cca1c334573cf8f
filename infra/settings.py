"""The settings of a deployment: one table of context keys, and the one place that checks them.

A key is given by ``cdk ... -c key=value``, in a file of ``environments/`` (``environment_file.py``), under ``context``
in cdk.json, or in CDK_CONTEXT_JSON when ``app.py`` is run by itself.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from contract.value_rules import Whole
from infra import given_tags, setting_text, setting_values
from infra.setting_text import Value

_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_EMAIL = re.compile(r"([^@\s]+@[^@\s]+\.[^@\s]+)?")
# "General purpose bucket naming rules", S3 user guide.
_BUCKET = re.compile(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?")
# "CreateModelPackageGroup", SageMaker API reference; in lower case, as SageMaker has names in ARNs.
_MODEL_PACKAGE_GROUP = re.compile(r"([a-z0-9](-*[a-z0-9]){0,62})?")
_QUALIFIER = re.compile(r"[A-Za-z0-9_-]{1,10}")
DEFAULT_QUALIFIER = "hnb659fds"  # the CDK's own


class SettingsRefused(Exception):
    """The settings have faults; the message lists every one of them."""


@dataclass(frozen=True)
class Settings:
    """What may differ between two deployments."""

    stack_name: str
    schedule: str
    time_zone: str
    schedule_enabled: bool
    flexible_window_minutes: int
    keep_versions: int
    keep_runs_days: int
    keep_logs_days: int
    deletion_protection: bool
    notify_email: str
    scheduled_input: Mapping[str, Any]
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    kms_key_arn: str
    access_log_bucket: str
    keep_replaced_input_days: int
    termination_protection: bool
    bootstrap_qualifier: str
    model_package_group: str
    tags: Mapping[str, str]

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
        faults += _half_a_network(values)
        if faults:
            raise SettingsRefused(f"the context cannot be used: {'; '.join(faults)}")
        return cls(**values)

    def as_json(self) -> dict[str, Any]:
        """Every setting in JSON's types, as the stack keeps it in its output ``Settings``."""
        return {key.name: setting_text.plain(getattr(self, key.name)) for key in KEYS}

    def as_context(self, names: Iterable[str]) -> dict[str, str]:
        """Those ``names`` as text, which ``from_context`` reads as the same settings."""
        return {name: setting_text.text(getattr(self, name)) for name in names}


@dataclass(frozen=True)
class Key:
    """One context key: how to read it, what it is without being given, and what it means."""

    name: str
    default: Value
    meaning: str
    read: Callable[[object], Value]


def _half_a_network(values: Mapping[str, Any]) -> list[str]:
    """SageMaker takes both or neither; a list that has a fault of its own is told of by that."""
    found = []
    for one, other in (("subnet_ids", "security_group_ids"), ("security_group_ids", "subnet_ids")):
        if values.get(one) and values.get(other) == ():
            given = ", ".join(values[one])
            found.append(f"{other} must be given with {one}: a job in a VPC has both, got {one} {given} alone")
    return found


KEYS: tuple[Key, ...] = (
    Key(
        "stack_name",
        "topx",
        "the CloudFormation stack; a second name is a second, separate product in one account",
        setting_values.text(_STACK_NAME, "1..64 letters, digits and hyphens, a letter first"),
    ),
    Key(
        "schedule",
        "cron(0 3 ? * MON *)",
        "when a run starts: an EventBridge Scheduler expression",
        setting_values.schedule,
    ),
    Key("time_zone", "UTC", "of the schedule; daylight saving is followed", setting_values.time_zone),
    Key("schedule_enabled", True, "whether runs start by themselves", setting_values.flag),
    Key(
        "flexible_window_minutes",
        15,
        "a run may start up to so much later; 0 is to the minute",
        setting_values.whole(Whole(0, 1440)),
    ),
    # Two at least: a reader may keep the pointer for a minute, so the version before must outlive the next publication.
    Key(
        "keep_versions",
        3,
        "published versions that stay for a roll-back, the current one included",
        setting_values.whole(Whole(2, 52)),
    ),
    Key(
        "keep_runs_days",
        0,
        "after how many days what a run has left in the bucket is deleted, once its lists are gone or if it never had "
        "any; 0 keeps it. Versions that are kept keep theirs. Scratch files expire after 30 days in any case",
        setting_values.keep_runs_days,
    ),
    Key(
        "keep_logs_days",
        180,
        "for how many days functions and state machines keep their logs. Those of SageMaker's jobs are the account's",
        setting_values.keep_logs_days,
    ),
    Key(
        "deletion_protection",
        True,
        "the table refuses to be deleted; whatever this says, the table and the bucket outlive the stack",
        setting_values.flag,
    ),
    Key(
        "notify_email",
        "",
        "an address that is told of failed runs; it must confirm the subscription. Others can subscribe to the topic",
        setting_values.text(_EMAIL, "an e-mail address, or nothing"),
    ),
    Key(
        "scheduled_input",
        MappingProxyType({}),
        "the input of the runs that the schedule starts, as JSON: instance types and counts, spot, and whatever else a "
        "run's input has",
        setting_values.run_input,
    ),
    Key(
        "subnet_ids",
        (),
        "subnets for the jobs and the model, with commas between. They need a way to S3: an S3 gateway endpoint in "
        "their route table, where they have none to the internet",
        setting_values.ids("subnet", 16),
    ),
    Key(
        "security_group_ids",
        (),
        "security groups for the same; with more than one training host, one that lets its own members in",
        setting_values.ids("sg", 5),
    ),
    Key(
        "kms_key_arn",
        "",
        "a symmetric key of yours in the stack's region, for the bucket, the table, and the jobs' disks and outputs. "
        "Its policy must leave permissions to IAM, as the default one does",
        setting_values.kms_key,
    ),
    Key(
        "access_log_bucket",
        "",
        "a bucket of yours in the stack's account and region that gets the bucket's access logs, under the stack's "
        "name. Its policy must let logging.s3.amazonaws.com put objects",
        setting_values.text(_BUCKET, "the name of a bucket, or nothing"),
    ),
    Key(
        "keep_replaced_input_days",
        0,
        "how long a file under input/ that was replaced or deleted can be brought back; the bucket is versioned for "
        "it. 0 is not at all",
        setting_values.whole(Whole(0, 3650)),
    ),
    Key(
        "termination_protection",
        False,
        "CloudFormation refuses to delete the stack",
        setting_values.flag,
    ),
    Key(
        "bootstrap_qualifier",
        DEFAULT_QUALIFIER,
        "of the CDK's bootstrap stack in the region, where it has one of its own",
        setting_values.text(
            _QUALIFIER, "1..10 letters, digits, hyphens and underscores, as cdk bootstrap --qualifier had it"
        ),
    ),
    Key(
        "model_package_group",
        "",
        "a group of SageMaker's Model Registry, where each published version becomes a package; one that is not there "
        "is made by the first",
        setting_values.text(
            _MODEL_PACKAGE_GROUP, "1..63 lower-case letters, digits and hyphens, none at an end, or nothing"
        ),
    ),
    Key(
        "tags",
        MappingProxyType({}),
        "tags as JSON, for the stack with all that is in it, and for every job and model of its runs; all of these "
        "are also tagged `topx:stack` with the stack's name, by which costs can be told apart",
        given_tags.read,
    ),
)


def documentation_table() -> str:
    """The keys as a Markdown table."""
    rows = ["| context key | default | meaning |", "|---|---|---|"]
    for key in KEYS:
        default = str(key.default).lower() if isinstance(key.default, bool) else key.default
        shown = "`{}`" if isinstance(default, Mapping) else f"`{default}`" if default not in ("", ()) else "nothing"
        rows.append(f"| `{key.name}` | {shown} | {key.meaning} |")
    return "\n".join(rows)
