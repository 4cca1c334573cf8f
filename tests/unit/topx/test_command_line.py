"""The command line before a command does its work."""

import subprocess
import sys

import pytest

from topx.__main__ import main
from topx.home import REPOSITORY


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["run"],
        ["watch"],
        ["cancel"],
        ["recommend"],
        ["explain"],
        ["open"],
        ["runs"],
        ["rollback"],
        ["simulate"],
        ["status"],
        ["stop"],
    ],
)
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert "usage: topx" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "COMMAND"),
        (["run", "--input", "{top_x: 5}"], "--input"),
        (["run", "--sample", "movielens", "--data", "."], "not allowed with"),
        (["run", "--sample", "netflix"], "invalid choice"),
        (["recommend"], "USER"),
        (["simulate"], "one of the arguments --data --sample is required"),
        (["simulate", "--sample", "movielens", "--weeks", "0"], "must be a whole number from 1, got 0"),
        (["simulate", "--sample", "movielens", "--days", "a week"], "--days"),
        (["simulate", "--sample", "movielens", "--stack", "topx"], "so it runs only on this machine"),
        (["recommend", "1", "-n", "0"], "must be a whole number from 1, got 0"),
        (["recommend", "1", "--as", "NL"], "must be a column and a value such as country=NL, got 'NL'"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_why(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_a_sentence_and_a_failed_run(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TOPX_HOME", str(home))
    assert main(["run", "--data", str(home / "nowhere")]) == 1
    assert "is not a folder" in capsys.readouterr().err
    assert '"status": "failed"' in (home / "last-run.json").read_text(encoding="utf-8")


def test_status_starts_nothing(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TOPX_HOME", str(home))
    assert main(["status"]) == 0
    assert "not running" in capsys.readouterr().out
    assert list(home.iterdir()) == []


def test_help_waits_for_no_heavy_package() -> None:
    heavy = "boto3", "aws_cdk", "pandas", "ministack", "numpy"
    code = f"import sys, topx.__main__; print([name for name in {heavy!r} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
