"""Extract unpacks files where there is the most space, and deletes them."""

import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from containers.extract.scratch import scratch_folder


@pytest.mark.parametrize(("on_volume", "in_tmp", "place"), [(9, 5, "volume"), (5, 9, "tmp"), (7, 7, "volume")])
def test_it_is_where_there_is_most_room(
    on_volume: int, in_tmp: int, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {tmp_path / "volume": on_volume, tmp_path / "tmp": in_tmp}
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=folders[Path(folder)]))
    with scratch_folder(tmp_path / "volume") as folder:
        assert folder.parent == tmp_path / place
        (folder / "model").write_bytes(b"large")
    assert [*(tmp_path / "volume").iterdir(), *(tmp_path / "tmp").iterdir()] == []
