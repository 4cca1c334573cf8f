"""The longest gap between two starts of a schedule, from its expression alone.

"Schedule types", EventBridge Scheduler user guide: ``rate(N UNIT)``, or ``cron(MINUTE HOUR DAY MONTH WEEKDAY YEAR)``
with ``, - * /``, for days ``?``, ``L``, ``W``, and for weekdays ``#``; weekdays begin with 1 or SUN. Names and numbers
may be mixed, and a range may wrap around the end of the week.
"""

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType

RULE = "cron(MINUTE HOUR DAY MONTH WEEKDAY YEAR) or rate(N UNIT)"

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
NO_NAMES: Mapping[str, int] = MappingProxyType({})
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
# In this many years, every date has fallen on every weekday. If the expression has no years, the count begins at a
# fixed one, so that the synthesized template does not depend on the current day.
_CYCLE = range(2025, 2025 + 28)


def longest_gap(expression: str) -> timedelta:
    """The longest time between two consecutive starts, by the clock of the schedule's time zone.

    Raises:
        ValueError: if it is not such an expression, or does not start runs repeatedly.

    >>> longest_gap("cron(0 3 ? * MON *)").days
    7
    >>> longest_gap("cron(0 3 ? * MON-FRI *)").days
    3
    """
    if rate := _RATE.fullmatch(expression):
        return timedelta(**{f"{rate[2]}s": int(rate[1])})
    cron = _CRON.fullmatch(expression)
    if cron is None:
        raise ValueError(RULE)
    minute, hour, day, month, weekday, year = cron.groups()
    if (day == "?") == (weekday == "?"):
        raise ValueError(f"{RULE}, with ? for either DAY or WEEKDAY and not for both")
    times = [
        timedelta(hours=one, minutes=other)
        for one in _numbers("HOUR", hour, 0, 23)
        for other in _numbers("MINUTE", minute, 0, 59)
    ]
    months = _numbers("MONTH", month, 1, 12, _MONTHS)
    years = _CYCLE if year == "*" else _numbers("YEAR", year, _FIRST_YEAR, _LAST_YEAR)
    days = [found for one in years for other in months for found in _days_of(one, other, day, weekday)]
    if len(days) * len(times) < 2:
        raise ValueError(
            f"an expression that starts runs again and again, which this one does {len(days)} times; for a single run, "
            "set schedule_enabled=false and start it by hand"
        )
    within = [later - earlier for earlier, later in pairwise(times)]
    between = [later - earlier + times[0] - times[-1] for earlier, later in pairwise(days)]
    return max(within + between)


def _days_of(year: int, month: int, day: str, weekday: str) -> list[date]:
    """The days of a month on which runs start."""
    last = calendar.monthrange(year, month)[1]
    every = [date(year, month, number) for number in range(1, last + 1)]
    wanted = _by_date(every, day) if weekday == "?" else _by_weekday(every, weekday)
    return [one for one in every if one in wanted]


def _by_date(every: Sequence[date], field: str) -> set[date]:
    found = set()
    for part in field.split(","):
        if part == "L":
            found.add(every[-1])
        elif part == "LW":
            found.add(_nearest_workday(every, len(every)))
        elif part.endswith("W"):
            number = _one("DAY", part[:-1], 1, 31)
            found |= {_nearest_workday(every, number)} if number <= len(every) else set()
        else:
            found |= {one for one in every if one.day in _numbers("DAY", part, 1, 31)}
    return found


def _nearest_workday(every: Sequence[date], number: int) -> date:
    """The day from Monday to Friday in that month that is nearest to one of its days."""
    workdays = [one for one in every if one.weekday() < 5]
    return min(workdays, key=lambda one: (abs(one.day - number), one.day))


def _by_weekday(every: Sequence[date], field: str) -> set[date]:
    found: set[date] = set()
    for part in field.split(","):
        name, hash_mark, place = part.partition("#")
        if hash_mark:
            which = _one("WEEKDAY's place in the month", place, 1, 5)
            found |= set(_on(every, _one("WEEKDAY", name, 1, 7, _WEEKDAYS))[which - 1 : which])
        elif part.endswith("L"):
            # L alone is read as every Saturday or as the month's last one: use the longer gap, to avoid false alarms.
            found.add(_on(every, _one("WEEKDAY", part[:-1] or "SAT", 1, 7, _WEEKDAYS))[-1])
        else:
            found |= {one for number in _numbers("WEEKDAY", part, 1, 7, _WEEKDAYS) for one in _on(every, number)}
    return found


def _on(every: Sequence[date], weekday: int) -> list[date]:
    return [one for one in every if one.isoweekday() % 7 + 1 == weekday]


def _one(what: str, field: str, low: int, high: int, names: Mapping[str, int] = NO_NAMES) -> int:
    number, *others = _numbers(what, field, low, high, names)
    if others:
        raise ValueError(f"{RULE}: of {what} {field!r} there must be one")
    return number


def _numbers(what: str, field: str, low: int, high: int, names: Mapping[str, int] = NO_NAMES) -> list[int]:
    """The numbers that a field matches, in order."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        limits = [names.get(text.upper(), _whole(text)) for text in (first, last) if text]
        if span == "*":
            limits = [low, high]
        elif not dash:
            limits += [high] if step else limits
        if (
            len(limits) != 2
            or not all(low <= limit <= high for limit in limits)
            or _whole(step or "1") < 1
            or part.endswith("/")
        ):
            raise ValueError(f"{RULE}: {what} has numbers {low}..{high} with , - * /, and {part!r} is not that")
        begin, end = limits
        # A range may wrap around: FRI-MON.
        numbers = [*range(begin, end + 1)] if begin <= end else [*range(begin, high + 1), *range(low, end + 1)]
        found |= set(numbers[:: int(step or 1)])
    return sorted(found)


def _whole(text: str) -> int:
    """An integer, -1 for any other text."""
    return int(text) if text.isascii() and text.isdecimal() else -1
