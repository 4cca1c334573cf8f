"""Files left readable by an earlier version are closed, and other users' files are left alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws import owner_only
from tests.file_modes import open_to_others


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_closes_what_is_there_and_nothing_outside(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "home"
    for place in (outside, folder, folder / "deep", folder / "deep" / "deeper"):
        place.mkdir()
        (place / "file").write_text("")
        (place / "program").touch(mode=0o755)
        (place / "read-only").touch(mode=0o444)
    (folder / "link").symlink_to(outside)
    (folder / "link to a file").symlink_to(outside / "file")
    (folder / "broken").symlink_to("nowhere")
    before = open_to_others(outside)
    owner_only.close(folder)
    assert open_to_others(folder) == {}
    assert open_to_others(outside) == before != {}
    modes = {name: stat.S_IMODE((folder / "deep" / name).stat().st_mode) for name in ("file", "program", "read-only")}
    assert modes == {"file": 0o600, "program": 0o700, "read-only": 0o400}


def test_closes_a_home_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").touch()
    (tmp_path / "home").symlink_to("elsewhere")
    owner_only.close(tmp_path / "home")
    assert open_to_others(tmp_path / "elsewhere") == {}
