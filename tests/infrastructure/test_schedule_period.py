"""The longest gap between two starts, compared with the next starts in the emulator's EventBridge."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ministack.services import eventbridge

from infra.schedule_period import longest_gap

DAY = timedelta(days=1)


def gap_of_the_emulator(expression: str, years: int) -> timedelta:
    """The longest gap between its next starts, one after another."""
    fields = eventbridge._parse_cron_fields(expression)
    at, last = datetime(2024, 12, 1, tzinfo=UTC), datetime(2025 + years, 2, 1, tzinfo=UTC)
    starts: list[datetime] = []
    while (found := eventbridge._cron_next_fire(fields, at)) and found < last:
        starts.append(found)
        at = found
    return max(later - earlier for earlier, later in pairwise(starts))


def one_or_more(low: int, high: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    single = st.one_of(number.map(str), *([st.sampled_from(names)] if names else []))
    span = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    stepped = st.tuples(st.one_of(st.just("*"), single, span), st.integers(1, 9)).map(lambda two: f"{two[0]}/{two[1]}")
    return st.lists(st.one_of(single, span, stepped), min_size=1, max_size=2).map(",".join)


WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
DATES = st.one_of(one_or_more(1, 28), st.just("*"), st.just("L"), st.just("LW"), st.integers(1, 28).map("{}W".format))
DAYS_OF_WEEK = st.one_of(
    one_or_more(1, 7, WEEKDAYS),
    st.sampled_from(WEEKDAYS).map("{}L".format),
    st.tuples(st.sampled_from(WEEKDAYS), st.integers(1, 4)).map(lambda two: f"{two[0]}#{two[1]}"),
)
DAYS = st.one_of(DATES.map(lambda day: (day, "?")), DAYS_OF_WEEK.map(lambda weekday: ("?", weekday)))
TIMES = st.tuples(st.integers(0, 59).map(str), st.sampled_from(["0", "3,15", "23", "1-3", "*/8", "20/2"]))


@settings(max_examples=60, deadline=None)
@given(TIMES, DAYS, st.one_of(st.just("*"), one_or_more(1, 12, ("JAN", "DEC"))))
def test_it_is_that_of_the_starts_which_the_emulator_finds(
    times: tuple[str, str], days: tuple[str, str], months: str
) -> None:
    expression = f"cron({times[0]} {times[1]} {days[0]} {months} {days[1]} *)"
    assert longest_gap(expression) == gap_of_the_emulator(expression, years=28), expression


@pytest.mark.parametrize(
    ("expression", "gap"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(36 hours)", timedelta(hours=36)),
        ("rate(14 days)", 14 * DAY),
        ("cron(0 3 ? * MON *)", 7 * DAY),
        ("cron(0 3 ? * mon-fri *)", 3 * DAY),
        ("cron(0 3,15 ? * FRI-MON *)", 3.5 * DAY),  # around the end of the week: Monday afternoon to Friday
        ("cron(0 3 29 2 ? *)", 1461 * DAY),
        ("cron(0 3 1 1 ? 2027,2030)", 1096 * DAY),
        ("cron(0 3 1 * ? *)", 31 * DAY),
        ("cron(0 3 ? JAN FRI#1 2027,2028)", 371 * DAY),  # Friday, 1 January, to Friday, 7 January
        ("cron(0 3 ? * L *)", 35 * DAY),
        ("cron(0/20 * * * ? *)", timedelta(minutes=20)),
    ],
)
def test_the_gap_of(expression: str, gap: timedelta) -> None:
    assert longest_gap(expression) == gap


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("cron(0 3 31 2 ? *)", "which this one does 0 times"),
        ("cron(0 3 1 1 ? 2027)", "which this one does 1 times; .* schedule_enabled=false"),
        ("cron(0 3 * * * *)", r"\? for either DAY or WEEKDAY and not for both"),
        ("cron(0 3 ? * ? *)", r"\? for either DAY or WEEKDAY and not for both"),
        ("cron(60 3 ? * MON *)", r"MINUTE has numbers 0\.\.59 .* '60'"),
        ("cron(0 24 ? * MON *)", r"HOUR has numbers 0\.\.23 .* '24'"),
        ("cron(0 3 32 * ? *)", "'32'"),
        ("cron(0 3 W * ? *)", "DAY"),
        ("cron(0 3 1 13 ? *)", "MONTH"),
        ("cron(0 3 ? * MOON *)", "WEEKDAY .* 'MOON'"),
        ("cron(0 3 ? * MON#6 *)", r"WEEKDAY's place in the month has numbers 1\.\.5"),
        ("cron(0 3 ? * MON-FRI#2 *)", "of WEEKDAY 'MON-FRI' there must be one"),
        ("cron(0 3 1 * ? 1969)", "YEAR"),
        ("cron(0/0 3 1 * ? *)", "'0/0'"),
        ("cron(0/ 3 1 * ? *)", "'0/'"),
        ("cron(1- 3 1 * ? *)", "'1-'"),
        ("cron(0,,5 3 1 * ? *)", "''"),
        ("rate(0 days)", r"cron\(MINUTE"),
        ("at(2026-01-01T00:00:00)", r"cron\(MINUTE"),
    ],
)
def test_what_does_not_start_again_and_again_is_refused_by_its_fault(expression: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        longest_gap(expression)
