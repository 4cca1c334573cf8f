"""The settings are typed, have defaults, and all their errors are reported together."""

import json
import re

import pytest
from botocore.session import Session

from infra.log_retention import RETENTION
from infra.settings import KEYS, Settings, SettingsRefused, documentation_table

SUBNET, GROUP = "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def settings(**context: object) -> Settings:
    return Settings.from_context(context.get)


def test_every_setting_has_a_default() -> None:
    assert settings() == Settings(
        stack_name="topx",
        schedule="cron(0 3 ? * MON *)",
        time_zone="UTC",
        schedule_enabled=True,
        flexible_window_minutes=15,
        keep_versions=3,
        keep_runs_days=0,
        keep_logs_days=180,
        deletion_protection=True,
        notify_email="",
        scheduled_input={},
        subnet_ids=(),
        security_group_ids=(),
        kms_key_arn="",
        access_log_bucket="",
        keep_replaced_input_days=0,
        termination_protection=False,
        bootstrap_qualifier="hnb659fds",
        model_package_group="",
        spark_base_image="",
        tags={},
    )


@pytest.mark.parametrize(
    ("given", "read"),
    [("true", True), ("False", False), (True, True), (False, False)],
)
def test_a_flag_is_read_from_the_command_line_and_from_json(given: object, read: bool) -> None:
    assert settings(deletion_protection=given).deletion_protection is read


def test_a_number_is_read_from_the_command_line_and_from_json() -> None:
    assert settings(keep_versions="7").keep_versions == settings(keep_versions=7).keep_versions == 7


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("stack_name", "1st"),
        ("stack_name", "my_stack"),
        ("stack_name", ""),
        ("schedule", "0 3 * * 1"),
        ("schedule", "cron(0 3 ? * MON)"),
        ("schedule", "rate(0 minutes)"),
        ("time_zone", "Europe/Atlantis"),
        ("time_zone", "UTC; rm"),
        ("schedule_enabled", "yes"),
        ("flexible_window_minutes", 1441),
        ("flexible_window_minutes", -1),
        ("keep_versions", 1),
        ("keep_versions", 2.5),
        ("keep_versions", True),
        ("keep_runs_days", 29),
        ("keep_runs_days", 3651),
        ("keep_runs_days", "for ever"),
        ("keep_logs_days", 100),
        ("keep_logs_days", 0),
        ("deletion_protection", 1),
        ("notify_email", "ops"),
        ("notify_email", "a@b.example, c@d.example"),
        ("scheduled_input", "{top_x: 5}"),
        ("scheduled_input", "[]"),
        ("scheduled_input", '{"top_x": 5000}'),
        ("subnet_ids", "subnet-1"),
        ("subnet_ids", "vpc-0123456789abcdef0"),
        ("subnet_ids", f"{SUBNET},{SUBNET}"),
        ("subnet_ids", ["subnet-" + f"{number:017x}" for number in range(17)]),
        ("subnet_ids", 5),
        ("spark_base_image", "sagemaker-spark-processing:3.3-cpu-py39-v1.0"),
        ("spark_base_image", "spark:3.5"),
        ("security_group_ids", SUBNET),
        ("security_group_ids", ["sg-" + f"{number:017x}" for number in range(6)]),
        ("kms_key_arn", "1234abcd-12ab-34cd-56ef-1234567890ab"),
        ("kms_key_arn", "arn:aws:kms:eu-west-1:111122223333:alias/topx"),
        ("kms_key_arn", KEY.replace("111122223333", "1111")),
        ("access_log_bucket", "s3://logs"),
        ("access_log_bucket", "Logs"),
        ("keep_replaced_input_days", -1),
        ("termination_protection", "on"),
        ("bootstrap_qualifier", "elevenchars"),
        ("bootstrap_qualifier", ""),
        ("model_package_group", "Shop"),
        ("model_package_group", "shop_lists"),
        ("model_package_group", "shop-"),
        ("model_package_group", "s" * 64),
        ("model_package_group", "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/shop"),
        ("tags", "team=search"),
        ("tags", '["team"]'),
        ("tags", {"team": 5}),
        ("tags", {"": "search"}),
        ("tags", {"aws:team": "search"}),
        ("tags", {"topx:stack": "other"}),
        ("tags", {"t" * 129: "search"}),
        ("tags", {"team": "search;"}),
        ("tags", {f"t{number}": "" for number in range(41)}),
    ],
)
def test_a_bad_value_is_refused_by_name_and_value(name: str, bad: object) -> None:
    with pytest.raises(SettingsRefused) as refused:
        settings(**{name: bad})
    assert name in str(refused.value)
    assert repr(bad) in str(refused.value)


def test_ids_are_read_from_the_command_line_and_from_json() -> None:
    as_text = settings(subnet_ids=f"{SUBNET}, subnet-0a1b2c3d", security_group_ids=GROUP)
    as_lists = settings(subnet_ids=[SUBNET, "subnet-0a1b2c3d"], security_group_ids=[GROUP])
    assert as_text == as_lists
    assert as_text.subnet_ids == (SUBNET, "subnet-0a1b2c3d")
    assert settings(subnet_ids="", security_group_ids="") == settings()


def test_subnets_without_security_groups_are_refused_and_the_other_way_round() -> None:
    with pytest.raises(SettingsRefused, match=r"security_group_ids must be given with subnet_ids, .* subnet-0123"):
        settings(subnet_ids=SUBNET)
    with pytest.raises(SettingsRefused, match=r"subnet_ids must be given with security_group_ids, .* sg-0123"):
        settings(security_group_ids=GROUP)
    with pytest.raises(SettingsRefused) as refused:
        settings(subnet_ids=SUBNET, security_group_ids="sg")
    assert "must be given" not in str(refused.value)


@pytest.mark.parametrize("arn", [KEY, KEY.replace("aws", "aws-us-gov", 1), KEY[:-36] + "mrk-" + "0" * 32])
def test_a_key_is_named_by_its_arn(arn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDK_DEFAULT_REGION", raising=False)
    assert settings(kms_key_arn=arn).kms_key_arn == arn


def test_a_key_in_another_region_is_refused_where_the_region_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-west-1")
    assert settings(kms_key_arn=KEY, notify_email="").kms_key_arn == KEY
    monkeypatch.setenv("CDK_DEFAULT_REGION", "us-east-1")
    assert settings().kms_key_arn == ""
    with pytest.raises(
        SettingsRefused, match=r"kms_key_arn must be of a key in us-east-1, .* got 'arn:aws:kms:eu-west-1"
    ):
        settings(kms_key_arn=KEY)


def test_the_scheduled_input_is_a_runs_input_with_all_its_faults_reported() -> None:
    assert settings(scheduled_input='{"spot": true}').scheduled_input == {"spot": True}
    assert settings(scheduled_input={"spot": True}).scheduled_input == {"spot": True}
    with pytest.raises(
        SettingsRefused, match=r"top_x must be a whole number 1\.\.500, got 0; colour|colour is not.*top_x"
    ):
        settings(scheduled_input={"top_x": 0, "colour": 1})


def test_tags_are_read_from_the_command_line_and_from_json() -> None:
    tags = {"cost center": "größe/42", "owner@team": ""}
    assert settings(tags=tags).tags == settings(tags=json.dumps(tags)).tags == tags


def test_all_faults_are_in_one_message() -> None:
    with pytest.raises(SettingsRefused, match=r"schedule must be cron.*; keep_versions must be a whole number 2\.\.52"):
        settings(schedule="weekly", keep_versions=99)


def test_the_documentation_has_a_row_for_each_key() -> None:
    rows = documentation_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [key.name for key in KEYS]


def test_logs_are_kept_for_as_long_as_cloudwatch_knows() -> None:
    """According to botocore's documentation of the call that sets it."""
    model = Session().get_service_model("logs").shape_for("PutRetentionPolicyRequest").members["retentionInDays"]
    reported = {int(number) for number in re.findall(r"\d+", model.documentation.split("are: ")[1])}
    assert set(RETENTION) == reported
    assert settings(keep_logs_days="90").keep_logs_days == 90
    assert settings(keep_runs_days="30").keep_runs_days == 30
