"""Times as text: SQL to epoch seconds, for every notation that is unambiguous.

Accepted are ISO 8601 with the variations of databases, warehouses and programming languages, and the dates of email
(RFC 2822). A time without a zone is UTC. Dates that start with the day or the month, and zone abbreviations, are
ambiguous: they are not accepted.
"""

from containers.prepare.reading.sql_text import literal

# SQL is composed of constant patterns only.

_YEAR_1000 = -30_610_224_000
_PLAIN_OFFSET = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
_PLAIN = (
    f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9]([.,][0-9]{{1,9}})?)?({_PLAIN_OFFSET})?)?"
)

_CLOCK = "([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)"
_OFFSET = "(?:(?i:UTC|GMT))?[+-](?:(?:0[0-9]|1[0-4])(?::?[0-5][0-9])?|[0-9](?::[0-5][0-9])?)"
_NAME = "[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+"
# After an offset, the zone's name adds nothing: [Europe/Paris] from Java, UTC from Go, (CEST) from email.
_AFTER_OFFSET = r" *(?:\[[^]]*\]|[A-Z]{3,5}|\([^()]*\))"
_ZONE = rf"({_OFFSET}(?:{_AFTER_OFFSET})?|(?i:Z|UTC|GMT|UT)(?:\[[^]]*\])?|\[?{_NAME}\]?)"
_ISO = f"^([0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}})(?:(?:[Tt]| +){_CLOCK}(?: *{_ZONE})?)?$"
_COMPACT = "^([0-9]{4})([0-9]{2})([0-9]{2})[Tt]([0-9]{2})([0-9]{2})([0-9]{2})(.*)$"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MAIL = f"^(?:[A-Za-z]{{3}},? +)?([0-9]{{1,2}}) ([A-Za-z]{{3}}) ([0-9]{{4}}) {_CLOCK}(?: *{_ZONE})?$"


def moment(text: str) -> str:
    """SQL: text without surrounding blanks to epoch seconds; null if it is not a time."""
    # The other notations take several times as long to parse.
    return (
        f"CASE WHEN regexp_full_match({text}, '{_PLAIN}') "
        f"THEN epoch(try_cast(replace({text}, ',', '.') AS TIMESTAMPTZ)) "
        f"WHEN regexp_matches({text}, '^[0-9]{{4}}') THEN {_iso(text)} ELSE {_mail(text)} END"
    )


def by_pattern(text: str, pattern: str) -> str:
    """SQL: text without surrounding blanks to epoch seconds, by a pattern of contract.timestamp_format; null if it
    fails.

    Unlike in Python's strptime, fractions may have more than six digits.
    """
    read = text
    if "%f" in pattern:
        read = rf"regexp_replace({read}, '([.,][0-9]{{6}})[0-9]+', '\1')"
    elif "." not in pattern:
        read = rf"regexp_replace({read}, '[.]0+$', '')"  # an integer that was converted to floating point on the way
    if pattern.endswith("%z"):
        read = f"regexp_replace({read}, '[Zz]$', '+00:00')"
    # DuckDB accepts words such as epoch for any pattern; and %Y accepts the year 24.
    found = f"epoch(try_strptime({read}, {literal(pattern)}))"
    return f"CASE WHEN regexp_matches({text}, '[0-9]') AND {found} >= {_YEAR_1000} THEN {found} END"


def is_object(text: str) -> str:
    """SQL: whether it is the text of a JSON object or array, such as MongoDB's {"$date": ...}."""
    return f"regexp_matches({text}, '^[{{[]')"


def has_abbreviation(text: str) -> str:
    """SQL: whether a time ends with a zone abbreviation, which is ambiguous: IST is used by three zones."""
    return f"regexp_matches({text}, ':[0-9.,]+ ?[A-Z]{{3,5}}$')"


def _iso(text: str) -> str:
    spread = rf"regexp_replace({text}, '{_COMPACT}', '\1-\2-\3T\4:\5:\6\7')"
    return _taken_apart(spread, _ISO, ("date", "clock", "zone"), "translate(part.date, '/.', '--')")


def _mail(text: str) -> str:
    month = f"list_position({_MONTHS}, lower(part.month))"
    return _taken_apart(
        text, _MAIL, ("day", "month", "year", "clock", "zone"), f"part.year || '-' || {month} || '-' || part.day"
    )


def _taken_apart(text: str, pattern: str, groups: tuple[str, ...], date: str) -> str:
    """SQL: text to epoch seconds by its parts, bound in a lambda so that the pattern is matched only once."""
    moment = f"{date} || ' ' || replace(coalesce(nullif(part.clock, ''), '00:00'), ',', '.') || {_zone('part.zone')}"
    return (
        f"list_transform([regexp_extract({text}, '{pattern}', {list(groups)!r})], "
        f"lambda part: epoch(try_cast({moment} AS TIMESTAMPTZ)))[1]"
    )


def _zone(zone: str) -> str:
    """SQL: a time zone in DuckDB's notation."""
    offset = (
        f"list_transform([regexp_extract({zone}, '([+-])([0-9]{{1,2}}):?([0-9]{{2}})?', "
        "['sign', 'hours', 'minutes'])], "
        "lambda apart: apart.sign || lpad(apart.hours, 2, '0') || ':' || lpad(apart.minutes, 2, '0'))[1]"
    )
    return (
        f"CASE WHEN regexp_matches({zone}, '^{_OFFSET}') THEN {offset} "
        f"WHEN contains({zone}, '/') AND NOT regexp_matches({zone}, '^(?i:Z|UTC|GMT|UT)[[]') "
        f"THEN ' ' || trim({zone}, '[]') ELSE '' END"
    )
