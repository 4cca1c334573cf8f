"""Times as people's systems write them in text, as SQL that gives epoch seconds.

Read are the spellings that can mean one moment only: year, month, day in this order, or a month by its name; without a
zone it is UTC. What can mean two is refused with the fix: 05/01/2024, and zones by abbreviation (EST is Sydney's, too).
"""

from containers.prepare import blanks

TEXT = f"trim(time, '{blanks.BLANKS}')"

AMBIGUOUS_DAY = "time has its day and month in an order that cannot be known"
AMBIGUOUS_ZONE = "time has a zone by abbreviation, which can mean several"
UNREADABLE = "time is in no format that is read without timestamp_format"

_DATE = r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
_CLOCK = r"[Tt ][0-2]?[0-9]:[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,9})?)?"
_OFFSET = r"([Zz]|UTC|GMT|(UTC|GMT)?[+-](0?[0-9]|1[0-4])(:?[0-5][0-9])?)"
_ZONE = r"[A-Z][A-Za-z_]+/[A-Za-z_/+-]+"
_ISO = rf"{_DATE}({_CLOCK}( ?{_OFFSET}(\[{_ZONE}\])?)?)?"
_ZONED = rf"{_DATE}{_CLOCK} ?\[?{_ZONE}\]?"
_BASIC = r"[0-9]{8}T[0-9]{6}([.,][0-9]{1,9})?([Zz]|[+-][0-9]{4})?"
_ABBREVIATED = rf"{_DATE}{_CLOCK} ?[A-Z]{{2,5}}"
_NUMERIC_DATE = r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})([T ,].*)?"

# RFC 2822 and HTTP, C's asctime, Twitter, the common log format, and dates with a month's name.
_NAMED_MONTH = (
    "%a, %d %b %Y %H:%M:%S %z",
    "%d %b %Y %H:%M:%S %z",
    "%d/%b/%Y:%H:%M:%S %z",
    "%a %b %d %H:%M:%S %z %Y",
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y",
    "%b %d, %Y %H:%M:%S",
    "%b %d, %Y",
    "%B %d, %Y %H:%M:%S",
    "%B %d, %Y",
    "%d %B %Y",
)


def _regexp_replaced(text: str, *changes: tuple[str, str]) -> str:
    for pattern, by in changes:
        text = f"regexp_replace({text}, '{pattern}', '{by}')"
    return text


def _matches(pattern: str) -> str:
    return f"regexp_full_match({TEXT}, '{pattern}')"


# To the one spelling that DuckDB casts: two digits everywhere, dashes, a T, a point, and an offset without a blank.
# A \1 before a 0 is the first group and a zero: there are nine groups at most.
_PLAIN = _regexp_replaced(
    TEXT,
    (r"\[.*\]$", ""),
    (r"^([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})", r"\1-\2-\3"),
    (r"^([0-9]{4})-([0-9])-", r"\1-0\2-"),
    (r"^([0-9]{4}-[0-9]{2})-([0-9])($|[Tt ])", r"\1-0\2\3"),
    (r"^(.{10})[Tt ]", r"\1T"),
    (r"^(.{11})([0-9]):", r"\10\2:"),
    (r",([0-9])", r".\1"),
    (r" ?(UTC|GMT|[Zz])$", "Z"),
    (r" ?(UTC|GMT)?([+-][0-9:]+)$", r"\2"),
    (r"(T.*[+-])([0-9])($|:)", r"\10\2\3"),
)
_BASIC_PLAIN = _regexp_replaced(
    TEXT,
    (r"^(....)(..)(..)T(..)(..)(..)", r"\1-\2-\3T\4:\5:\6"),
    (r",", "."),
)
_CAST_ZONED = _regexp_replaced(
    TEXT, (r"[Tt]([0-2])", r" \1"), (r" ?\[?([A-Z][A-Za-z_]+/[^\]]*)\]?$", r" \1"), (",", ".")
)


def _moment(text: str) -> str:
    return f"epoch(try_cast({text} AS TIMESTAMPTZ))"


_UTC_NAMED = _regexp_replaced(TEXT, (r" (GMT|UTC|Z)( |$)", r" +0000\2"))
_PATTERNS = ", ".join(f"epoch(try_strptime({_UTC_NAMED}, '{pattern}'))" for pattern in _NAMED_MONTH)

SECONDS = (
    f"CASE WHEN {_matches(_ISO)} THEN {_moment(_PLAIN)} "
    f"WHEN {_matches(_BASIC)} THEN {_moment(_BASIC_PLAIN)} "
    f"WHEN {_matches(_ZONED)} THEN {_moment(_CAST_ZONED)} "
    f"WHEN regexp_matches({TEXT}, '[A-Z][a-z][a-z]') THEN coalesce({_PATTERNS}) END"
)
"""SQL over ``time``: epoch seconds, null where the text is in no spelling that is read."""

FAULTS = [
    (f"epoch IS NULL AND seconds IS NULL AND {_matches(_NUMERIC_DATE)}", AMBIGUOUS_DAY),
    (f"epoch IS NULL AND seconds IS NULL AND {_matches(_ABBREVIATED)}", AMBIGUOUS_ZONE),
    ("epoch IS NULL AND seconds IS NULL", UNREADABLE),
]
