"""The settings of a deployment: the table of context keys, and their only validation.

A key is set by ``cdk ... -c key=value``, in a file of ``environments/`` (``environment_file.py``), under ``context`` in
cdk.json, or in CDK_CONTEXT_JSON if ``app.py`` is run directly.
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
# "CreateModelPackageGroup", SageMaker API reference; in lower case, as in SageMaker's ARNs.
_MODEL_PACKAGE_GROUP = re.compile(r"([a-z0-9](-*[a-z0-9]){0,62})?")
# The URI of an image in AWS's repository, or of a copy; the tests run prepare with this version of Spark.
_SPARK_BASE_IMAGE = re.compile(r"(([a-z0-9.-]+/)*sagemaker-spark-processing:3\.5-cpu-[a-z0-9._-]+)?")
_QUALIFIER = re.compile(r"[A-Za-z0-9_-]{1,10}")
DEFAULT_QUALIFIER = "hnb659fds"  # the CDK's default


class SettingsRefused(Exception):
    """The settings are invalid; the message lists every error."""


@dataclass(frozen=True)
class Settings:
    """What can differ between deployments."""

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
    spark_base_image: str
    tags: Mapping[str, str]

    @classmethod
    def from_context(cls, look_up: Callable[[str], object]) -> "Settings":
        """Read every setting, or its default if ``look_up`` (such as ``app.node.try_get_context``) returns None.

        Raises:
            SettingsRefused: with all errors in one message.
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
        """Every setting in JSON types, as in the stack output ``Settings``."""
        return {key.name: setting_text.plain(getattr(self, key.name)) for key in KEYS}

    def as_context(self, names: Iterable[str]) -> dict[str, str]:
        """The settings in ``names`` as text, which ``from_context`` reads back as the same values."""
        return {name: setting_text.text(getattr(self, name)) for name in names}


@dataclass(frozen=True)
class Key:
    """One context key: its parser, default and meaning."""

    name: str
    default: Value
    meaning: str
    read: Callable[[object], Value]


def _half_a_network(values: Mapping[str, Any]) -> list[str]:
    """SageMaker needs both or neither; this is not reported for a list that has an error itself."""
    found = []
    for one, other in (("subnet_ids", "security_group_ids"), ("security_group_ids", "subnet_ids")):
        if values.get(one) and values.get(other) == ():
            given = ", ".join(values[one])
            found.append(f"{other} must be given with {one}, because a job in a VPC needs both; got only {one} {given}")
    return found


KEYS: tuple[Key, ...] = (
    Key(
        "stack_name",
        "topx",
        "the name of the CloudFormation stack; stacks with different names in one account are independent",
        setting_values.text(_STACK_NAME, "1..64 letters, digits and hyphens, a letter first"),
    ),
    Key(
        "schedule",
        "cron(0 3 ? * MON *)",
        "when a run starts: an EventBridge Scheduler expression",
        setting_values.schedule,
    ),
    Key("time_zone", "UTC", "time zone of the schedule, with daylight saving time", setting_values.time_zone),
    Key("schedule_enabled", True, "whether scheduled runs start", setting_values.flag),
    Key(
        "flexible_window_minutes",
        15,
        "a run may start up to this much later; 0 is on the minute",
        setting_values.whole(Whole(0, 1440)),
    ),
    # At least two: a reader may cache the pointer for a minute, so the previous version must outlive the next
    # publication.
    Key(
        "keep_versions",
        3,
        "published versions that are kept for a rollback, including the current one",
        setting_values.whole(Whole(2, 52)),
    ),
    Key(
        "keep_runs_days",
        0,
        "after how many days a run's files are deleted from the bucket, if its lists are deleted or it never had any; "
        "0 keeps them. Files of kept versions stay. Scratch files always expire after 30 days",
        setting_values.keep_runs_days,
    ),
    Key(
        "keep_logs_days",
        180,
        "retention of the logs of functions and state machines in days; log groups of SageMaker jobs belong to the "
        "account",
        setting_values.keep_logs_days,
    ),
    Key(
        "deletion_protection",
        True,
        "deletion protection of the table; regardless of it, the table and the bucket are retained when the stack is "
        "deleted",
        setting_values.flag,
    ),
    Key(
        "notify_email",
        "",
        "email address for failures and alarms; it must confirm the subscription. Others can subscribe to the topic",
        setting_values.text(_EMAIL, "an email address, or nothing"),
    ),
    Key(
        "scheduled_input",
        MappingProxyType({}),
        "input of scheduled runs, as JSON: instance types and counts, spot, and all other input fields",
        setting_values.run_input,
    ),
    Key(
        "subnet_ids",
        (),
        "comma-separated subnets for the jobs and the model. They must reach S3: without internet access, through an "
        "S3 gateway endpoint in their route table",
        setting_values.ids("subnet", 16),
    ),
    Key(
        "security_group_ids",
        (),
        "comma-separated security groups for the jobs and the model; with more than one training host, one must allow "
        "traffic from itself",
        setting_values.ids("sg", 5),
    ),
    Key(
        "kms_key_arn",
        "",
        "customer managed key: a symmetric KMS key in the stack's region for the bucket, the table, the topic, logs, "
        "and the jobs' disks and outputs. Its policy must delegate to IAM, as the default one does",
        setting_values.kms_key,
    ),
    Key(
        "access_log_bucket",
        "",
        "an existing bucket in the stack's account and region for the bucket's access logs, under the stack's name. "
        "Its policy must allow logging.s3.amazonaws.com to put objects",
        setting_values.text(_BUCKET, "the name of a bucket, or nothing"),
    ),
    Key(
        "keep_replaced_input_days",
        0,
        "for how many days replaced or deleted files under input/ can be restored (with bucket versioning); 0 turns "
        "it off",
        setting_values.whole(Whole(0, 3650)),
    ),
    Key(
        "termination_protection",
        False,
        "termination protection of the stack",
        setting_values.flag,
    ),
    Key(
        "bootstrap_qualifier",
        DEFAULT_QUALIFIER,
        "qualifier of the CDK bootstrap stack in the region, if it is not the default",
        setting_values.text(
            _QUALIFIER, "1..10 letters, digits, hyphens and underscores, as in cdk bootstrap --qualifier"
        ),
    ),
    Key(
        "model_package_group",
        "",
        "a model package group in the SageMaker Model Registry, where each published version is registered; the first "
        "one creates the group if it does not exist",
        setting_values.text(
            _MODEL_PACKAGE_GROUP, "1..63 lower-case letters, digits and hyphens, no hyphen at either end, or nothing"
        ),
    ),
    Key(
        "spark_base_image",
        "",
        "AWS's image of Spark 3.5 for SageMaker Processing, with which very large interactions are prepared on several "
        "instances (`prepare_engine`); docker must be signed in to its registry when the stack is deployed",
        setting_values.text(_SPARK_BASE_IMAGE, "a URI ending in sagemaker-spark-processing:3.5-cpu-..., or nothing"),
    ),
    Key(
        "tags",
        MappingProxyType({}),
        "tags as JSON, for the stack and its resources, and for every job and model of its runs; all of these also "
        "have the tag `topx:stack` with the stack's name, to allocate costs",
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
