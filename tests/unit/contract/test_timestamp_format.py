import random
from datetime import datetime

import pytest

from contract import timestamp_format


@pytest.mark.parametrize(
    "given",
    [
        *timestamp_format.UNITS,
        *("%Y%m%d", "%m/%d/%Y %H:%M", "%d.%m.%Y", "%d/%b/%Y:%H:%M:%S %z", "%y", "100%% %Y", "%A, %d %B %Y, %I:%M %p"),
    ],
)
def test_units_and_patterns_of_whole_moments_are_good(given: str) -> None:
    assert timestamp_format.fault(given) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (7, "must be one of seconds, milliseconds, "),
        ("yyyymmdd", "or a strptime pattern such as \"%m/%d/%Y %H:%M\", got 'yyyymmdd'"),
        ("Seconds", "must be one of seconds"),
        ("", "must be one of"),
        ("%H:%M", "must have a year, %Y or %y"),
        ("%m/%d", "must have a year"),
        ("%Y %y", "must have each part of a time once"),
        ("%Y-%d", "must have a month, %m or %b, beside its %d"),
        ("%Y %m %b", "must have one month"),
        ("%Y %I:%M", "must have %I and %p together"),
        ("%Y %H %p", "must have %I and %p together"),
        ("%Y %H %I %p", "must have one hour"),
        ("%c %Y", "must not have %c, which depends on a language"),
        ("%Y %Z", "abbreviations such as EST are not one offset"),
        ("%F %Y", "must have %Y-%m-%d in place of %F"),
        ("%Y-%-m", "must have %m in place of %-m"),
        ("%Y-%Q", "not %Q"),
        ("%Y-%", "not %"),
        ("%Y-%j", "not %j"),
    ],
)
def test_what_is_wrong_is_reported_with_the_fix(given: object, words: str) -> None:
    assert words in str(timestamp_format.fault(given))


def test_python_reads_every_pattern_that_is_good() -> None:
    chance = random.Random(5)
    parts = ["%Y", "%m", "%d", "%H", "%M", "%S", "%f", "%I", "%p", "%b", "%y", "%a", "%z"]
    good = 0
    for _ in range(3_000):
        pattern = " ".join(chance.sample(parts, chance.randint(1, 7)))
        if timestamp_format.fault(pattern) is None:
            good += 1
            moment = datetime(2024, 5, 17, 21, 4, 3, 120).astimezone()
            assert datetime.strptime(moment.strftime(pattern), pattern).year == 2024
    assert good > 100
