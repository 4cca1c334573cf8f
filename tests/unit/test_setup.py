"""``make setup`` on a machine without Python 3.11."""

import shutil
import subprocess
from pathlib import Path

import pytest

from topx.home import REPOSITORY

TOOLS = ("bash", "sh", "make", "echo", "touch", "sed", "env")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what ``make setup`` reads, and bin/ with the programs of a machine without Python."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    return tmp_path


def setup(clone: Path) -> "subprocess.CompletedProcess[str]":
    """``make setup``, with bin/ as the PATH."""
    environment = {"PATH": str(clone / "bin")}
    return subprocess.run(["make", "setup"], cwd=clone, env=environment, capture_output=True, text=True, check=False)


def test_without_python_and_uv_one_line_says_how_to_get_it(clone: Path) -> None:
    finished = setup(clone)
    assert finished.returncode
    said = finished.stderr.splitlines()[0]
    assert said.startswith('topx requires Python 3.11, and "python3.11" is not it.')
    assert "install uv" in said
    assert not (clone / ".venv").exists()


def test_another_python_of_that_name_is_distinguished(clone: Path) -> None:
    other = clone / "bin" / "python3.11"
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    assert "requires Python 3.11" in setup(clone).stderr


def test_uv_brings_the_python_that_is_missing(clone: Path) -> None:
    uv = clone / "bin" / "uv"
    uv.write_text(f'#!/bin/sh\necho "$@" > {clone}/asked\nexit 1\n')
    uv.chmod(0o755)
    setup(clone)
    assert (clone / "asked").read_text().strip() == "venv --quiet --clear --seed --python 3.11 .venv"
