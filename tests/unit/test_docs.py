"""The documentation as a site."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from topx.home import REPOSITORY


def build(config: Path, site: Path) -> "subprocess.CompletedProcess[str]":
    """``make docs``, into another folder."""
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(config), "--site-dir", str(site)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    built = build(REPOSITORY / "mkdocs.yml", tmp_path)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    assert (tmp_path / "decisions" / "index.html").exists()


@pytest.mark.parametrize("link", ["missing.md", "data.md#missing"])
def test_a_broken_link_breaks_the_build(tmp_path: Path, link: str) -> None:
    shutil.copytree(REPOSITORY / "docs", tmp_path / "docs")
    shutil.copy(REPOSITORY / "mkdocs.yml", tmp_path)
    with (tmp_path / "docs" / "run.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[broken]({link})\n")
    assert build(tmp_path / "mkdocs.yml", tmp_path / "site").returncode


def test_the_index_of_the_decisions_is_the_printed_one() -> None:
    folder = REPOSITORY / "docs" / "decisions"
    printed = subprocess.run(
        [sys.executable, str(folder / "print_index.py")], capture_output=True, text=True, check=True
    )
    assert (folder / "index.md").read_text(encoding="utf-8") == printed.stdout
