"""Settings come from SETTINGS, else the environment's file, else cdk.json; the CDK gets the same ones."""

from pathlib import Path

import pytest

from infra import environment_file
from infra.settings import Settings, SettingsRefused
from topx.cloud import given_settings
from topx.home import REPOSITORY

ALL = """
stack_name: shop
schedule: cron(30 2 ? * SUN *)
time_zone: Europe/Berlin
schedule_enabled: false
flexible_window_minutes: 0
keep_versions: 5
notify_email: team@example.com
scheduled_input: {top_x: 50, spot: true}
subnet_ids: [subnet-0aaaaaaaaaaaaaaaa, subnet-0bbbbbbbbbbbbbbbb]
security_group_ids: sg-0cccccccccccccccc
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(ALL, encoding="utf-8")
    return tmp_path


def test_what_the_cdk_is_told_is_what_the_file_says(folder: Path) -> None:
    found = given_settings.gather("shop", {}, folder)
    assert Settings.from_context(found.context.get) == found.settings
    assert found.settings.subnet_ids == ("subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb")
    assert found.settings.scheduled_input == {"top_x": 50, "spot": True}
    assert all(isinstance(value, str) for value in found.context.values())


def test_settings_on_the_command_line_win_over_the_file(folder: Path) -> None:
    found = given_settings.gather("shop", {"keep_versions": "7", "security_group_ids": "sg-0d0d0d0d"}, folder)
    assert (found.settings.keep_versions, found.settings.security_group_ids) == (7, ("sg-0d0d0d0d",))
    assert (found.settings.stack_name, found.context["keep_versions"]) == ("shop", "7")


def test_without_a_file_all_is_as_it_was() -> None:
    found = given_settings.gather(None, {"stack_name": "shop", "@aws-cdk/core:anything": "1"})
    assert found.settings == Settings.from_context({"stack_name": "shop"}.get)
    assert found.context == {"stack_name": "shop", "@aws-cdk/core:anything": "1"}


def test_a_name_that_is_none_is_refused_on_the_command_line_too() -> None:
    with pytest.raises(SettingsRefused, match="SETTINGS cannot be used: tiem_zone is not a setting; time_zone is"):
        given_settings.gather(None, {"tiem_zone": "UTC"})


def test_values_of_a_file_are_checked_by_the_rules_of_all_settings(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("keep_versions: 1\nschedule: often\nscheduled_input: {top_x: 0}\n")
    with pytest.raises(SettingsRefused) as refused:
        given_settings.gather("shop", {}, tmp_path)
    said = str(refused.value)
    assert "schedule must be cron(" in said
    assert "keep_versions must be a whole number 2..52, got 1" in said
    assert "top_x must be" in said
    assert said.endswith("shop.yaml, overridden by SETTINGS)")


@pytest.mark.parametrize("name", [path.stem for path in environment_file.FOLDER.glob("*.yaml")])
def test_the_files_that_are_there_can_be_deployed(name: str) -> None:
    assert given_settings.gather(name, {}).settings.stack_name.startswith("topx")


def test_their_stacks_are_different_ones() -> None:
    names = [
        given_settings.gather(path.stem, {}).settings.stack_name for path in environment_file.FOLDER.glob("*.yaml")
    ]
    assert len(set(names)) == len(names) >= 2


def test_the_example_of_the_documentation_is_legal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDK_DEFAULT_REGION", raising=False)
    page = (REPOSITORY / "docs" / "deploy.md").read_text(encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert given_settings.gather("shop", {}, tmp_path).settings.stack_name == "shop-recommendations"
