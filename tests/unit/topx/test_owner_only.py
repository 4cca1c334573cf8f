"""Permissions of other users in a home: none."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.file_modes import open_to_others
from topx.__main__ import main


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_what_a_command_makes_is_its_owners_and_the_caller_keeps_its_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOPX_HOME", str(tmp_path / "home"))
    assert main(["run", "--data", str(tmp_path / "nowhere")]) == 1
    assert (tmp_path / "home" / "last-run.json").exists()
    assert open_to_others(tmp_path / "home") == {}
    assert os.umask(0) == 0
