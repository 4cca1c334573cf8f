"""How topx uses the embedded AWS, in its own home, and how it reports its problems."""

import socket
from pathlib import Path

import pytest

from local_aws import door
from tests.file_modes import open_to_others
from topx import embedded_aws
from topx.problem import Problem


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOPX_HOME", str(tmp_path))
    monkeypatch.delenv("TOPX_PORT", raising=False)
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """The ports of the requested engines, which are not started."""
    found: list[int | None] = []
    monkeypatch.setattr(door, "ensure_running", lambda home, *, port: found.append(port))
    return found


@pytest.mark.parametrize(("given", "port"), [("", None), ("4567", 4567), ("65535", 65_535)])
def test_the_environment_may_ask_for_a_port(
    given: str, port: int | None, home: Path, asked: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOPX_PORT", given)
    embedded_aws.ensure_running()
    assert asked == [port]


@pytest.mark.parametrize("given", ["many", "0", "65536", "-1"])
def test_what_is_no_port_is_refused(given: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOPX_PORT", given)
    with pytest.raises(Problem, match=rf"TOPX_PORT must be a port, 1\.\.65535, got '{given}'"):
        embedded_aws.ensure_running()


def test_a_taken_port_is_named_with_the_variable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("TOPX_PORT", str(port))
        with pytest.raises(Problem, match=f"TOPX_PORT: port {port} was asked for, which is taken"):
            embedded_aws.ensure_running()


def test_a_home_that_an_earlier_version_left_open_is_closed(home: Path, asked: list[int | None]) -> None:
    for name in ("engine/state", "jobs/fm-1", "reports", "cdk.out", "cache/numba", "envs"):
        (home / name).mkdir(parents=True)
    (home / "last-run.json").touch()
    for path in (home, *home.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    embedded_aws.ensure_running()
    assert open_to_others(home) == {}


def test_what_else_is_in_the_folder_is_left_to_those_whose_it_is(home: Path, asked: list[int | None]) -> None:
    (home / "photos").mkdir()
    (home / "reports").mkdir()
    for path in (home, home / "photos", home / "reports"):
        path.chmod(0o755)
    embedded_aws.ensure_running()
    assert set(open_to_others(home)) == {str(home), str(home / "photos")}
