"""The settings are typed, have defaults, and all their faults are told at once."""

import pytest

from infra.settings import KEYS, Settings, SettingsRefused, documentation_table


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
        deletion_protection=True,
        notify_email="",
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
        ("deletion_protection", 1),
        ("notify_email", "ops"),
        ("notify_email", "a@b.example, c@d.example"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_value(name: str, bad: object) -> None:
    with pytest.raises(SettingsRefused) as refused:
        settings(**{name: bad})
    assert name in str(refused.value)
    assert repr(bad) in str(refused.value)


def test_all_faults_are_in_one_message() -> None:
    with pytest.raises(SettingsRefused, match=r"schedule must be cron.*; keep_versions must be a whole number 2\.\.52"):
        settings(schedule="weekly", keep_versions=99)


def test_the_documentation_has_a_row_for_each_key() -> None:
    rows = documentation_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [key.name for key in KEYS]
