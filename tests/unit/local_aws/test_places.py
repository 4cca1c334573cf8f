"""Compiled code is stored by the sources that it was compiled from."""

from pathlib import Path

import pytest

from local_aws import places


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setattr(places, "_COMPILED", tmp_path / "numba")
    (tmp_path / "sagemaker_contract").mkdir()
    (tmp_path / "sagemaker_contract" / "outer.py").write_text("@njit\ndef outer(): return inner()\n")
    (tmp_path / "sagemaker_contract" / "inner.py").write_text("@njit\ndef inner(): return 1\n")
    (tmp_path / "sagemaker_contract" / "plain.py").write_text("ONE = 1\n")
    return tmp_path


def test_a_change_of_anything_compiled_begins_a_new_folder_and_removes_the_old_one(checkout: Path) -> None:
    places.make_compiled()
    before = places.compiled()
    (checkout / "sagemaker_contract" / "inner.py").write_text("@njit\ndef inner(): return 2\n")
    assert places.compiled() != before
    places.make_compiled()
    assert list((checkout / "numba").iterdir()) == [places.compiled()]


def test_other_changes_keep_what_was_compiled(checkout: Path) -> None:
    before = places.compiled()
    (checkout / "sagemaker_contract" / "plain.py").write_text("ONE = 2\n")
    assert places.compiled() == before
