"""``timestamp_format`` of dataset.json: how times are written, if topx should not detect it.

Either the unit of a number, or a pattern of Python's ``datetime.strptime``.
"""

import re

ORDER = "order"
EXCEL = "excel"
UNITS = ("seconds", "milliseconds", "microseconds", "nanoseconds", "days", EXCEL, ORDER)

_DIRECTIVE = re.compile(r"%(-?.?)", re.DOTALL)
_READ = set("YymdBbAaHIMSfpz%")
_MEANS_THE_SAME = {"B": "b", "A": "a", "Y": "y"}
_EXAMPLE = '"%m/%d/%Y %H:%M"'
_SPELL_OUT = {
    "T": "%H:%M:%S",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "R": "%H:%M",
    "e": "%d",
    "k": "%H",
    "l": "%I",
    "h": "%b",
}


def is_pattern(given: str) -> bool:
    """Whether it is a pattern, not a unit."""
    return given not in UNITS


def fault(given: object) -> str | None:
    """Why this value of ``timestamp_format`` is invalid, or None."""
    if isinstance(given, str) and given in UNITS:
        return None
    if not isinstance(given, str) or "%" not in given:
        return f"must be one of {', '.join(UNITS)}, or a strptime pattern such as {_EXAMPLE}, got {given!r}"
    directives = _DIRECTIVE.findall(given)
    found = _unread(directives) or _incomplete([name for name in directives if name != "%"])
    return f"{found}, got {given!r}" if found else None


def _unread(directives: list[str]) -> str | None:
    for name in directives:
        if name in _READ:
            continue
        if name.startswith("-") and name[1:] in _READ:
            return f"must have %{name[1:]} in place of %{name}, which reads one digit as well as two"
        if name in _SPELL_OUT:
            return f"must have {_SPELL_OUT[name]} in place of %{name}"
        if name == "Z":
            return (
                "must not have %Z, because abbreviations such as EST are not one offset; use %z for offsets such as "
                "+02:00, or write UTC into the pattern where every time ends with it"
            )
        if name in ("c", "x", "X"):
            return f"must not have %{name}, which depends on a language; write out its parts, such as %d.%m.%Y"
        return f"must be made of %Y %y %m %b %B %d %a %A %H %I %p %M %S %f %z and %%, not %{name}"
    return None


def _incomplete(names: list[str]) -> str | None:
    """Which part of a point in time is missing or given twice."""
    parts = [_MEANS_THE_SAME.get(name, name) for name in names]
    there = set(parts)
    rules = (
        ("y" not in there, "must have a year, %Y or %y"),
        (len(there) < len(parts), "must have each part of a time once"),
        ({"m", "b"} <= there, "must have one month, %m or %b"),
        ("d" in there and not {"m", "b"} & there, "must have a month, %m or %b, beside its %d"),
        (("I" in there) != ("p" in there), "must have %I and %p together, hours of 1 to 12 with AM or PM, or else %H"),
        ({"H", "I"} <= there, "must have one hour, %H or %I"),
    )
    return next((message for broken, message in rules if broken), None)
