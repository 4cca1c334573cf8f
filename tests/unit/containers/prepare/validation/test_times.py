"""Times read from the whole column: compared with Python's own readers, or a refusal that lists the possible
formats.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.containers.prepare.job import STARTED, Prepared, run_prepare
from tests.unit.containers.prepare.validation.test_row_rules import validated

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXCEL = datetime(1899, 12, 30, tzinfo=UTC)
MOMENTS = [datetime(2001, 2, 3, 4, 5, 6, 789_000, UTC) + n * timedelta(days=83, hours=5.3) for n in range(60)]
COLUMNS = {"user": "user", "item": "item", "timestamp": "when"}


def prepared(folder: Path, texts: list[str], **described: Any) -> Prepared:
    """The job on one interaction for each time; every field is quoted."""
    rows = "".join(f'"u{n % 5}","i{n}","{text}"\n' for n, text in enumerate(texts))
    return run_prepare(folder, {"a.csv": f"user,item,when\n{rows}"}, dataset={**COLUMNS, **described})


def times(done: Prepared) -> list[float]:
    """The times of the interactions, in row order."""
    assert done.summary["status"] == "ready", done.summary["reasons"]
    items = done.index("items").item.to_numpy()
    pairs = done.index("pairs")
    return pairs.time.iloc[sorted(range(len(pairs)), key=lambda n: int(items[pairs.item_index[n]][1:]))].tolist()


def since(epoch: datetime, moment: datetime, unit: timedelta) -> float:
    return (moment - epoch) / unit


def cut(moment: datetime, pattern: str) -> datetime:
    """The time as precise as the pattern that wrote it."""
    return datetime.strptime(moment.strftime(pattern), pattern).replace(tzinfo=UTC)


WAYS: list[tuple[str, Callable[[datetime], str], timedelta]] = [
    ("seconds", lambda m: f"{since(EPOCH, m, timedelta(seconds=1)):.0f}", timedelta(seconds=1)),
    ("seconds", lambda m: f"{since(EPOCH, m, timedelta(seconds=1)):.3f}", timedelta(milliseconds=1)),
    ("seconds", lambda m: f"{since(EPOCH, m, timedelta(seconds=1)):.9e}", timedelta(seconds=1)),
    ("milliseconds", lambda m: f"{since(EPOCH, m, timedelta(milliseconds=1)):.0f}", timedelta(milliseconds=1)),
    ("microseconds", lambda m: f"{since(EPOCH, m, timedelta(microseconds=1)):.0f}", timedelta(milliseconds=1)),
    ("nanoseconds", lambda m: f"{since(EPOCH, m, timedelta(microseconds=1)):.0f}123", timedelta(milliseconds=1)),
    ("excel", lambda m: f"{since(EXCEL, m, timedelta(days=1)):.7f}", timedelta(milliseconds=10)),
    ("%Y%m%d%H%M%S", lambda m: f"{m:%Y%m%d%H%M%S}", timedelta(seconds=1)),
    ("%Y%m%d%H%M", lambda m: f"{m:%Y%m%d%H%M}", timedelta(minutes=1)),
    ("%Y%m%d%H", lambda m: f"{m:%Y%m%d%H}", timedelta(hours=1)),
    ("%Y%m%d", lambda m: f"{m:%Y%m%d}", timedelta(days=1)),
    ("%Y%m%d", lambda m: f"{m:%Y%m%d}.0", timedelta(days=1)),  # integers with gaps, as pandas writes them
    ("%Y%m", lambda m: f"{m:%Y%m}", timedelta(days=31)),
]


@pytest.mark.parametrize(("unit", "write", "exact"), WAYS, ids=[way[0] for way in WAYS])
def test_numbers_are_read_in_the_unit_that_the_whole_column_is_in(
    tmp_path: Path, unit: str, write: Callable[[datetime], str], exact: timedelta
) -> None:
    done = prepared(tmp_path, [write(moment) for moment in MOMENTS])
    for found, moment in zip(times(done), MOMENTS, strict=True):
        assert abs(EPOCH + timedelta(seconds=found) - moment) <= exact
    assert done.summary["time_format"]["format"] == unit
    assert done.summary["time_format"]["decided"].startswith("60 of 60 numbers are times from 1995 on as ")
    assert (done.summary["earliest_time"], done.summary["latest_time"]) == (min(times(done)), max(times(done)))


@pytest.mark.parametrize("unit", ["seconds", "milliseconds", "nanoseconds", "%Y%m%d"])
@pytest.mark.parametrize("other", ["seconds", "milliseconds", "microseconds", "%Y%m%d", "%Y%m%d%H%M%S"])
def test_rows_in_another_unit_than_the_column_are_refused_by_name(tmp_path: Path, unit: str, other: str) -> None:
    if unit == other:
        return
    write = {name: write for name, write, _ in reversed(WAYS)}
    texts = [write[unit](moment) for moment in MOMENTS]
    texts[7] = write[other](MOMENTS[7])
    done = prepared(tmp_path, texts, reject_limit=0.02)
    (refused,) = done.rejected
    assert refused["row"]["when"] == texts[7]
    assert refused["reason"].startswith("time is in ")
    assert ", and the column is in " in refused["reason"]
    assert len(times(done)) == 59


def test_half_in_one_unit_and_half_in_another_refuse_the_run(tmp_path: Path) -> None:
    seconds = [str(1_600_000_000 + n * (1000 if n % 2 else 1)) for n in range(20)]
    done = prepared(tmp_path, [f"{text}000" if n < 9 else text for n, text in enumerate(seconds)])
    assert "time is in epoch milliseconds, and the column is in epoch seconds 9" in done.summary["reasons"][0]


@pytest.mark.parametrize(
    ("texts", "reported"),
    [
        ([str(n) for n in range(1, 712)], "numbers from 1 to 711, are in no unit or format that topx recognizes"),
        ([str(n % 52) for n in range(99)], "numbers from 0 to 51, are in no unit"),
        (["2021", "2022", "2023"] * 9, '"timestamp_format": "%Y" (then they are from 2021-01-01 to 2023-01-01)'),
        (["45000", "45123", "45300"] * 9, '"timestamp_format": "excel" (then they are from 2023-03-15 to 2024-01-09)'),
        (["19001", "19500", "19800"] * 9, '"timestamp_format": "days" (then they are from 2022-01-09 to 2024-03-18)'),
        (["12312023", "11302023"] * 9, '"timestamp_format": "%m%d%Y"'),
        (["231222", "240131"] * 9, '"timestamp_format": "%y%m%d"'),
        (["500000000", "600000000"] * 9, "numbers from 500000000 to 600000000, are in no unit"),
        ([str(638_000_000_000_000_000 + n * 10**15) for n in range(20)], "are in no unit"),  # .NET ticks, of 2022
        (["12/22/2023 3:48", "2/7/2024 23:20"], '"timestamp_format": "%m/%d/%Y %H:%M" (then they are from 2023-12-22'),
        (["22.12.2023", "1.2.2024"], '"timestamp_format": "%d.%m.%Y"'),
        (["22/Dec/2023:10:00:00 +0200"], '"timestamp_format": "%d/%b/%Y:%H:%M:%S %z"'),
        (["May 1, 2024 10:00 PM"], '"timestamp_format": "%b %d, %Y %I:%M %p"'),
        (["Wed May  1 10:00:00 2024"], '"timestamp_format": "%a %b %d %H:%M:%S %Y"'),
        (["2024-05-01-10.00.00.000000"], '"timestamp_format": "%Y-%m-%d-%H.%M.%S.%f"'),
        (["soon"], "such as 'soon', are in no unit or format"),
    ],
)
def test_ambiguous_times_are_refused_with_the_possible_formats(tmp_path: Path, texts: list[str], reported: str) -> None:
    done = prepared(tmp_path, texts)
    assert done.summary["status"] == "refused"
    assert done.summary["reasons"][0].startswith("the times in column 'when', ")
    assert reported in done.summary["reasons"][0]


def test_a_date_that_may_be_american_or_european_is_refused_with_both(tmp_path: Path) -> None:
    reason = prepared(tmp_path, ["05/01/2024", "06/12/2024"] * 5).summary["reasons"][0]
    assert reason.endswith("; add the right one to input/dataset.json")
    assert '"timestamp_format": "%m/%d/%Y" (then they are from 2024-05-01 to 2024-06-12)' in reason
    assert '"timestamp_format": "%d/%m/%Y" (then they are from 2024-01-05 to 2024-12-06)' in reason


def test_what_the_advice_names_reads_the_data(tmp_path: Path) -> None:
    texts = [f"{moment:%m/%d/%Y %I:%M %p}" for moment in MOMENTS]
    assert '"timestamp_format": "%m/%d/%Y %I:%M %p"' in prepared(tmp_path, texts).summary["reasons"][0]
    found = times(prepared(tmp_path, texts, timestamp_format="%m/%d/%Y %I:%M %p"))
    assert found == [cut(moment, "%Y%m%d%H%M").timestamp() for moment in MOMENTS]


def test_a_few_numbers_among_texts_cost_only_their_rows(tmp_path: Path) -> None:
    texts = [moment.isoformat() for moment in MOMENTS]
    texts[3] = "12"
    done = prepared(tmp_path, texts, reject_limit=0.02)
    assert done.summary["rejected_by_reason"] == {"time is a number in an unknown unit": 1}
    assert done.summary["time_format"] == {"format": "text", "decided": "each text says it"}


@pytest.mark.parametrize("year", [1969, 1970, 1980, 1994])
def test_old_times_are_kept_where_they_are_many_or_their_unit_is_given(tmp_path: Path, year: int) -> None:
    old = [datetime(year, 1, 1, tzinfo=UTC) + n * timedelta(days=3) for n in range(30)]
    texts = [moment.isoformat() for moment in [*old, *MOMENTS]]
    assert len(times(prepared(tmp_path, texts))) == 90
    numbers = [f"{moment.timestamp():.0f}" for moment in old]
    assert times(prepared(tmp_path, numbers, timestamp_format="seconds")) == [moment.timestamp() for moment in old]


def test_a_time_a_day_after_the_start_of_the_run_is_the_latest_that_is_believed(tmp_path: Path) -> None:
    start = datetime.fromisoformat(STARTED.replace("Z", "+00:00"))
    late = [start + timedelta(hours=hours) for hours in (-1, 23.9, 24.1, 24 * 365 * 175)]
    done = prepared(tmp_path, [moment.isoformat() for moment in [*MOMENTS, *late]], reject_limit=0.1)
    assert [row["row"]["when"] for row in done.rejected] == [moment.isoformat() for moment in late[2:]]
    assert done.summary["latest_time"] == pytest.approx(late[1].timestamp())
    as_given = prepared(
        tmp_path, [f"{m:%d.%m.%Y}" for m in [*MOMENTS, *late]], timestamp_format="%d.%m.%Y", reject_limit=0.1
    )
    assert len(as_given.rejected) == 1  # a date means its midnight


@pytest.mark.parametrize(
    ("given", "texts", "expected"),
    [
        ("days", ["1", "711", "2.5"], [86_400, 711 * 86_400, 2.5 * 86_400]),
        ("excel", ["45000.5", "45001"], [1_678_881_600, 1_678_924_800]),
        ("order", ["3", "1", "99999999999999"], [3, 1, 99_999_999_999_999]),
        ("milliseconds", ["5", "7.5"], [0.005, 0.0075]),
        ("%Y", ["2021", "2022.0"], [1_609_459_200, 1_640_995_200]),
        (
            "%d/%m/%Y %H:%M UTC",
            ["05/01/2024 10:00 UTC"] * 2 + ["6/1/2024 9:05 UTC"],
            [1_704_448_800] * 2 + [1_704_531_900],
        ),
        ("%d-%b-%y", ["01-MAY-24", "2-may-68", "03-May-69"], [1_714_521_600, None, -20_995_200]),
        ("it's %Y", ["it's 2021", "it's 2022"], [1_609_459_200, 1_640_995_200]),
        (
            "%Y-%m-%d %H:%M:%S.%f",
            ["2024-05-01 10:00:00.5", "2024-05-01 10:00:00.123456789"],
            [1_714_557_600.5, 1_714_557_600.123456],
        ),
        ("%Y-%m-%dT%H:%M%z", ["2024-05-01T10:00+0200", "2024-05-01T10:00Z"], [1_714_550_400, 1_714_557_600]),
        (
            "%m/%d/%Y",
            ["05/01/24", "05/01/2024", "epoch", "infinity", "13/01/2024"],
            [None, 1_714_521_600, None, None, None],
        ),
    ],
)
def test_a_given_format_is_taken_at_its_word(given: str, texts: list[str], expected: list[float | None]) -> None:
    found = validated(texts, ["1"] * len(texts), given, datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    assert [found.get(row, (0, None))[1] for row in range(len(texts))] == expected


PATTERNS = [
    "%m/%d/%Y %H:%M",
    "%d.%m.%Y",
    "%Y%m%d",
    "%d %B %Y %I:%M:%S %p",
    "%a %b %d %H:%M:%S %Y",
    "%y-%m-%d %H:%M:%S.%f",
]


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(PATTERNS), st.lists(st.datetimes(datetime(1970, 1, 2), datetime(2060, 1, 1)), min_size=9))
def test_a_pattern_reads_what_python_s_strptime_reads(pattern: str, moments: list[datetime]) -> None:
    texts = [moment.strftime(pattern) for moment in moments]
    accepted = validated(texts, ["1"] * len(texts), pattern)
    for row, text in enumerate(texts):
        expected = datetime.strptime(text, pattern).replace(tzinfo=UTC)
        assert accepted[row][1] == pytest.approx(expected.timestamp(), abs=1e-5), text


ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Argentina/Buenos_Aires"]
SPELLINGS: dict[str, Callable[[datetime], str]] = {
    "BigQuery": lambda m: f"{m:%Y-%m-%d %H:%M:%S.%f} UTC",
    "Postgres": lambda m: f"{m:%Y-%m-%d %H:%M:%S}+00",
    "small letters": lambda m: f"{m:%Y-%m-%dt%H:%M:%S}z",
    "GMT": lambda m: f"{m:%Y-%m-%d %H:%M:%S}GMT",
    "Ruby": lambda m: f"{m.astimezone(ZoneInfo('America/Caracas')):%Y-%m-%d %H:%M:%S %z}",
    "Go": lambda m: f"{m.astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%d %H:%M:%S.%f %z %Z}",
    "JavaScript": lambda m: f"{m:%Y-%m-%dT%H:%M:%S}.{m.microsecond // 1000:03d}Z",
    "comma": lambda m: f"{m:%Y-%m-%d %H:%M:%S,%f}+00:00",
    "nanoseconds": lambda m: f"{m:%Y-%m-%dT%H:%M:%S.%f}789Z",
    "slashes": lambda m: f"{m.year}/{m.month}/{m.day} {m.hour}:{m:%M:%S}",
    "compact": lambda m: f"{m:%Y%m%dT%H%M%S}Z",
    "minutes": lambda m: f"{m:%Y-%m-%dT%H:%M}Z",
    "day": lambda m: f"{m:%Y-%m-%d}",
    "email": format_datetime,
    "HTTP": lambda m: format_datetime(m, usegmt=True),
    "offset by name": lambda m: f"{m + timedelta(hours=2):%Y-%m-%d %H:%M:%S} UTC+2",
    "Java": lambda m: f"{m.astimezone(ZoneInfo('Asia/Kolkata')).isoformat()}[Asia/Kolkata]",
    **{zone: lambda m, zone=zone: f"{m.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}" for zone in ZONES},  # type: ignore[misc]
}
EXACT = {"minutes": timedelta(minutes=1), "day": timedelta(days=1)}


@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings_of_one_meaning_are_read_as_python_wrote_them(name: str) -> None:
    chance = random.Random(name)
    moments = [datetime(1996, 1, 1, tzinfo=UTC) + chance.random() * timedelta(days=11_000) for _ in range(200)]
    # In the hour that occurs twice a year in a time zone, a text without an offset is ambiguous.
    moments = [moment for moment in moments if name not in ZONES or not _is_twice(moment, ZoneInfo(name))]
    texts = [f" {SPELLINGS[name](moment)}\t" for moment in moments]
    accepted = validated(texts, ["1"] * len(texts))
    for row, moment in enumerate(moments):
        assert abs(EPOCH + timedelta(seconds=accepted[row][1]) - moment) <= EXACT.get(name, timedelta(seconds=1)), (
            texts[row]
        )


def _is_twice(moment: datetime, zone: ZoneInfo) -> bool:
    local = moment.astimezone(zone)
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


@pytest.mark.parametrize(
    "text",
    [
        *("2024-05-01 10:00:00 EST", "Wed, 01 May 2024 10:00:00 CST", "2024-05-01 10:00 Mars/Phobos", "2024-05-01T"),
        *("2024-05-01 25:00", "2024-05-01 10:61", "2024-02-30", "30 Feb 2024 10:00:00 GMT", "1 Foo 2024 10:00:00 GMT"),
        *("2024-05-01 10:00:00 PM", "01.05.2024", "10:00:00", "infinity", "now", "2024-05-01 10:00:00 +25:00", "NULL"),
        *('{"$date": "2024-05-01T10:00:00Z"}', "['2024-05-01']", "true", "20240501T250000Z", "2024-05-01 10:00:00 x/y"),
    ],
)
def test_what_means_nothing_or_two_things_is_refused(text: str) -> None:
    assert list(validated(["2024-05-01", text], ["1", "1"])) == [0]


@pytest.mark.parametrize("ahead", ["2026-11-24T03:00:01Z", "1795575601"])
def test_rows_that_a_later_run_may_take_are_counted(tmp_path: Path, ahead: str) -> None:
    """A run on the same data on another day would give other lists: lambdas/planning/published_already.py."""
    text = ahead.endswith("Z")
    good = [f"{moment:%Y-%m-%dT%H:%M:%SZ}" if text else f"{moment.timestamp():.0f}" for moment in MOMENTS]
    done = prepared(tmp_path, [*good, ahead, "no time"], reject_limit=0.5)
    assert (done.summary["status"], done.summary["rows"]["rejected"]) == ("ready", 2)
    assert done.summary["rejected_for_now"] == 1
    assert prepared(tmp_path, [*good, "no time"], reject_limit=0.5).summary["rejected_for_now"] == 0
