"""Progress lines: what a job prints can be read from its log."""

from collections.abc import Iterator

import pytest

from contract.job_progress import Counted, JobProgress, begin, latest


def test_the_latest_line_is_found_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    clock: Iterator[float] = iter([100.0, 100.0, 107.5, 107.5])
    counted = Counted("reading the input", 2_000, clock.__next__)
    print("another line, 5 of 7")
    counted.add(500)
    assert latest(capsys.readouterr().out) == JobProgress("reading the input", 500, 2_000, 7.5)
    begin("checking the rows")
    assert latest(capsys.readouterr().out) == JobProgress("checking the rows")


def test_lines_are_seconds_apart_but_for_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = [0.0]
    counted = Counted("writing", 110, lambda: seconds[0])
    for _ in range(110):
        seconds[0] += 0.25
        counted.add(1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "progress: writing, 0 of 110, 0.0 s"
    assert lines[1] == "progress: writing, 20 of 110, 5.0 s"
    assert lines[-1] == "progress: writing, 110 of 110, 27.5 s"
    assert len(lines) == 7
    counted.add(0)  # as at the end of a file
    assert capsys.readouterr().out == ""


def test_a_log_without_such_lines_has_no_progress() -> None:
    assert latest("") is None
    assert latest("reading 5 of 7\nno progress: of any kind\n") is None
