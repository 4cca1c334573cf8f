"""Untrusted text on the terminal: shown as it is if it is harmless, escaped if it is a control, and never markup."""

import gzip
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from contract.recommendation_table import POINTER_KEY, default_key, user_key
from contract.visible_text import visible
from tests.unit.topx.simulation.weeks import weeks
from topx import __main__ as command_line
from topx import progress_display, result_display
from topx.actions.recommend import recommend
from topx.actions.rollback import rollback
from topx.actions.runs import runs
from topx.actions.status import show_deployment
from topx.cloud.__main__ import main as cloud
from topx.execution import Snapshot
from topx.home import REPOSITORY
from topx.outcome import Outcome
from topx.problem import Problem
from topx.progress import Row
from topx.simulation import page
from topx.terminal import Terminal, styled
from workflow.failed_run import FailedRun
from workflow.failure_message import failure_message

NASTY = ["[/b]", "[red]", "\x1b]0;x\x07", ":smile:", "\u202eabc", "a\nPublished version 9", "\ud800", "\x9b31m", "a\rb"]
# What Rich itself writes to a terminal: colors, and cursor positions.
_RICH = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
texts = st.text(st.characters(exclude_categories=()), min_size=1) | st.sampled_from(NASTY)


def acting(written: str) -> list[str]:
    """The control characters in ``written``, by the ranges of the standards."""
    bad = ("\x00-\x09\x0b-\x1f\x7f-\x9f", "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff", "\ud800-\udfff")
    return re.findall(f"[{''.join(bad)}]", written)


class Table:
    """A boto3 Table whose one version has a list for every user, and lists of ``items``."""

    def __init__(self, user: str, item: str, value: str) -> None:
        lists = {"items": [item, "plain"], "scores": [2, 1], "by": "country"}
        keys = {"user": user_key(user, "v1"), "all": default_key("v1"), "like": default_key("v1", value)}
        self.items = {json.dumps(key, sort_keys=True): lists for key in keys.values()}
        self.items[json.dumps(POINTER_KEY, sort_keys=True)] = {"current": "v1"}

    def get_item(self, Key: dict[str, str], ConsistentRead: bool = False) -> dict[str, Any]:
        found = self.items.get(json.dumps(Key, sort_keys=True))
        return {"Item": found} if found else {}


class Functions:
    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:
        return {"Payload": io.StringIO('{"from": "v2"}')}


class States:
    """One execution, called ``name``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def list_executions(self, **_: str) -> dict[str, Any]:
        return {"executions": [{"name": self.name}]}


class Titles:
    """A bucket whose item has a title."""

    def __init__(self, item: str, title: str) -> None:
        self.line = {"item": item, "title": title}

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(gzip.compress(json.dumps(self.line).encode()))}


def place(text: str, title: str | None = None) -> Any:
    return SimpleNamespace(
        table=Table(text, text, text),
        bucket="b",
        s3=Titles(text, text if title is None else title),
        states=States(text),
        state_machine="m",
        after_publishing="a",
        functions=Functions(),
        rollback_function="f",
        command=lambda *words: " ".join(("topx", *words)),
        stack=text,
        logs=SimpleNamespace(places=lambda *_: {text: text}),
    )


def snapshot() -> Snapshot:
    return Snapshot("arn:aws:states:r:1:execution:m:n", "FAILED", datetime(2026, 1, 1, tzinfo=UTC), None, (), {})


def show(text: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Print ``text`` in every place where untrusted text may appear."""
    here = place(text)
    failure = FailedRun(execution="arn", run_id="r", status="FAILED", error=text, cause=text, part=text)
    example = {"user": text, "history": [{"id": text, "title": None}], "recommended": [{"id": text, "title": text}]}
    with monkeypatch.context() as patched:
        patched.setattr(result_display, "json_object", lambda *_: [example])
        result_display.show(terminal, here, snapshot(), None, Outcome("published", version="v1", warnings=[text]))
    result_display.show(terminal, here, snapshot(), failure, Outcome("failed"))
    looks = [(snapshot(), [Row(text, "running", 1.0, text), Row(text, "waiting")])]
    progress_display.show(terminal, iter(looks))
    for user, like in ((text, None), (f"{text}?", ("country", text))):
        recommend(here, terminal, user=user, most=5, as_json=False, like=like)
        recommend(here, terminal, user=user, most=5, as_json=True, like=like)
    rollback(here, terminal, version="v1", by=text)
    show_deployment(here, terminal)
    terminal.print_error(Problem(text))
    terminal.print_traceback(ValueError(text))
    terminal.print(styled(text, "bold"), text, soft_wrap=True)


@settings(max_examples=60, deadline=None)
@given(text=texts, tty=st.booleans(), encoding=st.sampled_from(["utf-8", "ascii", "iso-8859-1"]))
def test_nothing_that_acts_is_ever_printed(text: str, tty: bool, encoding: str) -> None:
    raw = io.BytesIO()
    written = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="")
    terminal = Terminal(file=written, width=100, force_terminal=tty)
    with pytest.MonkeyPatch.context() as monkeypatch:
        show(text, terminal, monkeypatch)
    written.flush()
    said = raw.getvalue().decode(encoding)
    said = _RICH.sub("", said).replace("\r", "") if tty else said  # Rich's own return, before it redraws a line
    assert acting(said) == []


@pytest.mark.parametrize("text", NASTY)
def test_markup_and_emoji_codes_are_text(text: str) -> None:
    written = io.StringIO()
    recommend(place(text), Terminal(file=written, width=100), user=text, most=5, as_json=False, like=None)
    shown = text.encode("unicode_escape", "surrogatepass").decode() if acting(text) or "\n" in text else text
    assert written.getvalue().splitlines()[0] == f"user {shown}, version v1"
    assert f"1  {shown}  " in written.getvalue().splitlines()[2]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("text", [*NASTY, "\x7f", "Amélie 千と千尋", "\U000e0041"])
def test_json_holds_the_text_itself_in_harmless_characters(text: str, encoding: str) -> None:
    raw = io.BytesIO()
    written = io.TextIOWrapper(raw, encoding=encoding, newline="")
    terminal = Terminal(file=written, width=20)
    assert recommend(place(text), terminal, user=text, most=5, as_json=True, like=None) == 0
    (line,) = raw.getvalue().decode(encoding).splitlines()
    assert acting(line) == []
    answer = json.loads(line)
    assert (answer["user"], answer["items"][0]["id"]) == (text, text)


def test_columns_stay_aligned_beside_wide_and_combining_characters_and_escapes() -> None:
    for text in ("千と千尋の神隠し", "cafe\u0301", "\x1b[31m", "x" * 500):
        for title in ("A title", text):
            written = io.StringIO()
            terminal = Terminal(file=written, width=80)
            recommend(place(text, title), terminal, user="u", most=5, as_json=False, like=("country", text))
            _, _, header, *rows = written.getvalue().splitlines()
            assert {cell_len(row) for row in (header, *rows)} == {cell_len(header)}
            assert cell_len(header) <= 80
            assert len(rows) < (8 if title == "A title" else 12)  # two long texts share the line


def test_an_ascii_terminal_keeps_its_columns() -> None:
    written = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="")
    recommend(place("千と"), Terminal(file=written, width=80), user="u", most=5, as_json=False, like=("country", "é"))
    written.seek(0)
    _, _, header, *rows = written.read().splitlines()
    assert rows[0] == r"1  \u5343\u3068  \u5343\u3068  2.0000"
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("main", [command_line.main, cloud])
@pytest.mark.parametrize("text", [text for text in NASTY if "\n" not in text])
def test_a_wrong_command_line_is_repeated_harmlessly(main: Any, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([text], ["deploy", "-c", text], ["status", text], ["run", "--input", text]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
        assert acting(capsys.readouterr().err) == []


def test_what_nobody_foresaw_is_told_harmlessly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("\x1b[2J[/b]")

    monkeypatch.setattr("topx.commands.runs.connect", broken)
    assert command_line.main(["runs"]) == 1
    assert "ZeroDivisionError: \\x1b[2J[/b]" in capsys.readouterr().err


def test_no_runs_and_no_id_are_no_trouble(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pages = SimpleNamespace(paginate=lambda **_: [{"executions": []}])
    nothing = SimpleNamespace(
        states=SimpleNamespace(get_paginator=lambda _: pages), state_machine="m", command=lambda *_: "[/topx]"
    )
    assert runs(nothing, Terminal(), most=3, as_json=False) == 0  # type: ignore[arg-type]
    assert capsys.readouterr().out == "No runs yet: [/topx]\n"


@settings(max_examples=60, deadline=None)
@given(texts)
def test_a_message_by_mail_can_be_sent_and_read(text: str) -> None:
    run = FailedRun(execution="arn", run_id="r", status="FAILED", error="States.TaskFailed", cause=text, part=text)
    message = failure_message(run, current=text, places={"Log": text}, product="shop")
    assert acting(message.text + message.subject) == []
    message.text.encode()
    assert message.subject.isascii()
    assert "\n" not in message.subject


def test_a_page_of_a_simulation_of_a_strangely_called_folder_can_be_written(tmp_path: Path) -> None:
    html = page.drawing("caf\udce9\u202e<b>", 2, 7, {"a": "<script>"}, weeks(2))
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    assert "<h1>caf\\udce9\\u202e&lt;b&gt;, 2 weeks</h1>" in html
    assert "<script" not in html


def test_all_that_is_escaped_has_no_picture_of_its_own() -> None:
    changed = [c for c in map(chr, range(0x110000)) if visible(c) != c]
    assert {unicodedata.category(c) for c in changed} >= {"Cc", "Cf", "Cs", "Zl", "Zp"}
    # In addition to those, only the fillers, which Unicode classes as letters and symbols.
    assert len([c for c in changed if unicodedata.category(c)[0] not in "CZ"]) == 5


def run_topx(code: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_terminal_that_knows_no_unicode_gets_its_error(tmp_path: Path) -> None:
    code = "import sys; from topx.__main__ import main; sys.exit(main(['run', '--data', '/nowhere/\\u5343\\x1b[31m']))"
    process = run_topx(code, LANG="C", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0", TOPX_HOME=str(tmp_path))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"/nowhere/\\u5343\\x1b[31m is not a folder" in said
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        # Output after the reader has gone is lost, and the command continues to its own end.
        (
            "from topx.terminal import Terminal\nt = Terminal()\nfor n in range(9999): t.print(n)\nraise SystemExit(7)",
            7,
        ),
        ("from topx.__main__ import main\nmain(['run', '--help'])", 0),
    ],
)
def test_a_reader_that_leaves_early_is_no_trouble(code: str, ends: int) -> None:
    process = run_topx("import sys; sys.stdin.readline()\n" + code)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (ends, b"")
