import re
import stat
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from topx.actions import open as action
from topx.actions.open import open_pages
from topx.terminal import Terminal
from topx.web.server import Server


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs with which the browser was opened."""
    found: list[str] = []
    monkeypatch.setattr(action.webbrowser, "open", found.append)
    return found


@pytest.mark.parametrize("browse", [True, False])
def test_it_says_where_the_pages_are_and_ends_with_ctrl_c(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    opened: list[str],
    browse: bool,
) -> None:
    monkeypatch.setenv("TOPX_HOME", str(tmp_path / "home"))
    files: list[tuple[str, int]] = []

    def interrupted(server: Server) -> None:
        for file in (tmp_path / "home").glob("*"):
            files.append((file.read_text(), stat.S_IMODE(file.stat().st_mode)))
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", interrupted)
    deployment: Any = SimpleNamespace(stack=None)
    assert open_pages(deployment, Terminal(width=60, color_system=None), profile=None, browse=browse) == 0
    (address,) = re.findall(r"http://127\.0\.0\.1:\d+/enter\?token=[\w-]{43}\n", capsys.readouterr().out)
    assert len(opened) == len(files) == browse
    for (text, mode), file in zip(files, opened, strict=True):
        assert address.strip() in text
        assert mode & 0o077 == 0
        assert file.startswith("file://")
        assert "token" not in file
    assert not list((tmp_path / "home").glob("*"))
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address.strip(), timeout=1)
