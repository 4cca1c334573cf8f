"""A settings file is read completely or rejected with all its errors."""

from pathlib import Path

import pytest

from infra import environment_file
from infra.settings import SettingsRefused


def refusal(text: str, folder: Path) -> str:
    (folder / "shop.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsRefused) as refused:
        environment_file.read("shop", folder)
    return str(refused.value)


def test_a_file_holds_settings_in_yamls_own_types(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(
        "stack_name: shop\nschedule: cron(30 2 ? * SUN *)  # in the night\nsubnet_ids: [subnet-0a1b2c3d]\n"
        "scheduled_input:\n  top_x: 50\n  spot: true\nkeep_versions: 4\n"
    )
    assert environment_file.read("shop", tmp_path) == {
        "stack_name": "shop",
        "schedule": "cron(30 2 ? * SUN *)",
        "subnet_ids": ["subnet-0a1b2c3d"],
        "scheduled_input": {"top_x": 50, "spot": True},
        "keep_versions": 4,
    }


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("# nothing yet\n")
    assert environment_file.read("shop", tmp_path) == {}


def test_all_faults_are_reported_with_the_setting_that_was_meant(tmp_path: Path) -> None:
    said = refusal("keep_version: 3\ncolour: red\ntime_zone:\nstack_name: a\nstack_name: b\n", tmp_path)
    assert "shop.yaml cannot be used: stack_name is there 2 times" in said
    assert "keep_version is not a setting; keep_versions is" in said
    assert "colour is not a setting (the settings: stack_name, schedule," in said
    assert "time_zone has no value; give it one, or leave the line out" in said


@pytest.mark.parametrize("text", ["- a list\n", "just words\n"])
def test_what_is_no_mapping_is_refused(text: str, tmp_path: Path) -> None:
    assert "must hold lines of the form setting: value" in refusal(text, tmp_path)


def test_what_is_no_yaml_is_refused_with_its_place(tmp_path: Path) -> None:
    assert "line 2" in refusal("stack_name: shop\n  schedule: [\n", tmp_path)


@pytest.mark.parametrize("name", ["pord", "../environments/prod", "/etc/profile", "prod.yaml"])
def test_only_files_of_the_folder_can_be_named(name: str) -> None:
    with pytest.raises(
        SettingsRefused, match=r"ENV must name a file of environments/, got '.*'; there are: dev, prod$"
    ):
        environment_file.read(name)
