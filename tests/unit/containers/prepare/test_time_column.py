"""Times as other people's systems write them, held against Python's own datetime."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from contract.refusal import InputRefused
from tests.unit.containers.prepare.job import Prepared, csv_text, random_interactions, run_prepare

RNG = np.random.default_rng(7)
FIRST = datetime(2023, 7, 1, tzinfo=UTC)
# To the second, and to the day.
MOMENTS = [FIRST + timedelta(seconds=int(n)) for n in RNG.integers(0, 200 * 86_400, 600)]
DAYS = [moment.replace(hour=0, minute=0, second=0) for moment in MOMENTS]
FRAME = random_interactions(3, users=20, items=15, rows=600)
BERLIN, INDIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
EXCEL_BEGINS = datetime(1899, 12, 30, tzinfo=UTC)


def prepared(root: Path, written: list[Any], **described: Any) -> Prepared:
    frame = FRAME.assign(time=written)
    return run_prepare(
        root, {"a.csv": csv_text(frame)}, dataset={"user": "user", "item": "item", "timestamp": "time"} | described
    )


def span(run: Prepared) -> tuple[datetime, datetime]:
    return tuple(datetime.fromtimestamp(run.summary[f"{end}_time"], UTC) for end in ("earliest", "latest"))  # type: ignore[return-value]


def strftime(pattern: str, zone: Any = UTC) -> Callable[[datetime], str]:
    return lambda moment: moment.astimezone(zone).strftime(pattern)


@pytest.mark.parametrize(
    ("write", "read_as"),
    [
        (lambda m: int(m.timestamp()), "epoch seconds"),
        (lambda m: f"{m.timestamp():.1f}", "epoch seconds"),
        (lambda m: int(m.timestamp() * 1e3), "epoch milliseconds"),
        (lambda m: int(m.timestamp() * 1e6), "epoch microseconds"),
        (lambda m: int(m.timestamp() * 1e9), "epoch nanoseconds"),
        (lambda m: m.strftime("%Y%m%d%H%M%S"), "dates in digits, yyyymmddhhmmss"),
        (lambda m: repr((m - EXCEL_BEGINS) / timedelta(days=1)), "Excel serial numbers"),
        (lambda m: m.isoformat(), "text"),
        (lambda m: m.isoformat(sep=" "), "text"),
        (strftime("%Y-%m-%d %H:%M:%S UTC"), "text"),
        (strftime("%Y-%m-%dt%H:%M:%Sz"), "text"),
        (strftime("%Y-%m-%d %H:%M:%S.%f UTC"), "text"),
        (strftime("%Y-%m-%d %H:%M:%S %z", INDIA), "text"),
        (strftime("%Y-%m-%dT%H:%M:%S%z", INDIA), "text"),
        (lambda m: m.astimezone(INDIA).isoformat() + "[Asia/Kolkata]", "text"),
        (strftime("%Y-%m-%d %H:%M:%S Asia/Kolkata", INDIA), "text"),
        (strftime("%Y-%m-%d %H:%M:%S GMT+5:30", INDIA), "text"),
        (strftime("%Y/%m/%d %H:%M:%S"), "text"),
        (strftime("%Y%m%dT%H%M%SZ"), "text"),
        (format_datetime, "text"),
        (lambda m: format_datetime(m, usegmt=True), "text"),
        (strftime("%a %b %d %H:%M:%S +0000 %Y"), "text"),
        (strftime("%d/%b/%Y:%H:%M:%S %z", INDIA), "text"),
    ],
)
def test_a_moment_is_read_as_python_does(tmp_path: Path, write: Callable[[datetime], Any], read_as: str) -> None:
    run = prepared(tmp_path, [write(moment) for moment in MOMENTS])
    assert (run.summary["status"], run.summary["rows"]["rejected"]) == ("ready", 0)
    for found, due in zip(span(run), (min(MOMENTS), max(MOMENTS)), strict=True):
        assert abs(found - due) <= timedelta(milliseconds=1)
    assert run.summary["times"] == read_as


@pytest.mark.parametrize("pattern", ["%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%d-%b-%Y", "%B %d, %Y", "%d %b %Y"])
def test_a_day_is_its_beginning(tmp_path: Path, pattern: str) -> None:
    assert span(prepared(tmp_path, [day.strftime(pattern) for day in DAYS])) == (min(DAYS), max(DAYS))


@pytest.mark.parametrize("pattern", ["%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"])
def test_a_format_reads_what_is_refused_without_it(tmp_path: Path, pattern: str) -> None:
    written = [moment.strftime(pattern) for moment in MOMENTS]
    refused = prepared(tmp_path, written).summary
    assert refused["status"] == "refused"
    assert '"timestamp_format"' in refused["reasons"][0]
    assert span(prepared(tmp_path, written, timestamp_format=pattern)) == (min(MOMENTS), max(MOMENTS))


def test_a_unit_that_is_named_is_believed(tmp_path: Path) -> None:
    run = prepared(tmp_path, [int((day - FIRST).days) for day in DAYS], timestamp_format="days")
    assert run.summary["latest_time"] == max((day - FIRST).days for day in DAYS) * 86_400
    assert not any("only order" in warning for warning in run.summary["warnings"])


@pytest.mark.parametrize("given", ["%Q", "yyyy-MM-dd", "%H:%M", "fortnights", "", 5, ["seconds"]], ids=repr)
def test_a_format_that_is_none_is_refused_with_the_rule(tmp_path: Path, given: Any) -> None:
    with pytest.raises(InputRefused, match="timestamp_format"):
        prepared(tmp_path, [1] * 600, timestamp_format=given)


def reasons(run: Prepared) -> dict[str, int]:
    return dict(run.summary["rejected_by_reason"])


def test_two_units_in_one_column_are_not_guessed_row_by_row(tmp_path: Path) -> None:
    few = [int(m.timestamp()) * (1000 if n < 3 else 1) for n, m in enumerate(MOMENTS)]
    run = prepared(tmp_path, few)
    assert (run.summary["status"], reasons(run)) == ("ready", {"time is not in the unit of most of the column": 3})
    half = [int(m.timestamp()) * (1000 if n % 2 else 1) for n, m in enumerate(MOMENTS)]
    assert prepared(tmp_path, half).summary["status"] == "refused"


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ("7321000000", "time is later than the start of this run"),
        ("9999-12-31", "time is later than the start of this run"),
        ("0", "time is before 1971, unlike most of the column"),
        ("2024-05-01 10:00:00 EST", "time has a zone by abbreviation, which can mean several"),
        ("05/01/2024", "time has its day and month in an order that cannot be known"),
        ("2026-02-30", "time is in no format that is read without timestamp_format"),
    ],
)
def test_one_odd_time_is_a_refused_row_and_moves_nothing(tmp_path: Path, odd: str, reason: str) -> None:
    written: list[Any] = [int(moment.timestamp()) for moment in MOMENTS]
    run = prepared(tmp_path, [odd, *written[1:]])
    assert reasons(run) == {reason: 1}
    assert span(run)[1] == max(MOMENTS[1:])


def test_numbers_that_are_no_times_only_order_and_say_so(tmp_path: Path) -> None:
    run = prepared(tmp_path, list(range(600)))
    assert run.summary["times"] == "numbers that only order the rows"
    assert any("only order the interactions" in warning for warning in run.summary["warnings"])
    frame = FRAME.assign(time=range(600))
    days = run_prepare(tmp_path, {"a.csv": csv_text(frame)}, request={"exclude_seen": {"days": 28}}).summary
    assert days["status"] == "refused"
    assert "exclude_seen counts days" in days["reasons"][0]


def test_days_and_seconds_give_the_same_lists_to_leave_out(tmp_path: Path) -> None:
    """Of the 28 days before the latest interaction, whichever way the days are written."""
    left = []
    for written in ([int(day.timestamp()) for day in DAYS], [day.strftime("%Y%m%d") for day in DAYS]):
        frame = FRAME.assign(time=written)
        run = run_prepare(tmp_path, {"a.csv": csv_text(frame)}, request={"exclude_seen": {"days": 28}})
        left.append(run.index("pairs").drop(columns="row_order"))
    pd.testing.assert_frame_equal(*left)
    assert 0 < left[0].left_out.sum() < len(left[0])
