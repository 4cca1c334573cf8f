"""Measurements are stored by name, and the page shows them."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.results import MARK, PAGE, Result, documentation_table, read, record
from infra.print_docs import END

SAVE = Result("save", "0.02 s", "ministack", "9 s", 450.0, "0.1 s", 250_000_000)


def test_a_result_takes_the_place_of_the_one_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "results.json"
    record([SAVE, replace(SAVE, what="load")], file)
    record([replace(SAVE, ours="0.01 s", ratio=900.0)], file)
    assert [(row.what, row.ratio) for row in read(file)] == [("save", 900.0), ("load", 450.0)]
    assert "save: 0.01 s; ministack: 9 s; 900 x (bar: 0.1 s)" in capsys.readouterr().out


def test_the_page_prints_what_was_measured_last() -> None:
    printed = PAGE.read_text(encoding="utf-8").partition(MARK)[2].partition(END)[0]
    assert printed.strip() == documentation_table(), "python -m benchmarks.results"
