"""A simulation's home: separate from the developer's, and used by one simulation at a time."""

import os
from pathlib import Path

import pytest

from topx.home import home
from topx.problem import Problem
from topx.simulation import own_home as module
from topx.simulation.own_home import clear, folder_of, name_of, own_home


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The homes whose engines were stopped."""
    found: list[Path] = []
    monkeypatch.setenv("TOPX_HOME", str(tmp_path))
    monkeypatch.setenv("TOPX_PORT", "4567")
    monkeypatch.setattr(module.embedded_aws, "stop", lambda: found.append(home()))
    return found


def test_inside_everything_is_elsewhere_and_afterwards_as_before(stopped: list[Path], tmp_path: Path) -> None:
    folder = folder_of("board")
    assert folder == tmp_path / "simulations" / "board"
    with own_home(folder):
        assert home() == folder
        assert "TOPX_PORT" not in os.environ
        stopped.clear()
    assert stopped == [folder]
    assert (home(), os.environ["TOPX_PORT"]) == (tmp_path, "4567")


def test_the_engine_is_stopped_whatever_happens(stopped: list[Path]) -> None:
    folder = folder_of("board")

    def interrupted() -> None:
        with own_home(folder):
            stopped.clear()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert stopped == [folder]


def test_an_earlier_simulation_makes_way_once_its_engine_is_stopped(stopped: list[Path], tmp_path: Path) -> None:
    folder = folder_of("board")
    for name in ("engine/state/a", "jobs/b", "simulation.html", "cdk.out/c"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("old", encoding="utf-8")
    (tmp_path / "last-run.json").write_text("{}", encoding="utf-8")
    with own_home(folder):
        assert stopped == [folder]
        assert (folder / "simulation.html").exists()
        clear(folder)
        assert {path.name for path in folder.iterdir()} == {"cdk.out", "simulation.lock"}
    assert (tmp_path / "last-run.json").exists()


def test_two_simulations_of_the_same_data_do_not_run_at_once(stopped: list[Path]) -> None:
    folder = folder_of("board")
    with own_home(folder):
        stopped.clear()
        with pytest.raises(Problem, match="another simulation is running"), own_home(folder):
            pass
        assert stopped == []
        assert home() == folder


def test_folders_of_one_name_are_simulations_of_their_own(tmp_path: Path) -> None:
    first, second = name_of(tmp_path / "a" / "data"), name_of(tmp_path / "b" / "data")
    assert first != second
    assert first.startswith("data-")
    assert name_of(tmp_path / "a" / ".." / "a" / "data") == first
