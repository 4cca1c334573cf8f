"""How a column of times may be said to be written: ``timestamp_format`` of ``input/dataset.json``."""

import re

NUMBERS: dict[str, str] = {
    "seconds": "epoch seconds",
    "milliseconds": "epoch milliseconds",
    "microseconds": "epoch microseconds",
    "nanoseconds": "epoch nanoseconds",
    "excel": "Excel serial numbers",
    "days": "days of a count of their own",
}
"""What a number counts, by the word that says so."""

# "Date Format Functions" in DuckDB's documentation: those of C's strptime, and %n, %g and %-d and its like.
_DIRECTIVE = re.compile(r"%(-?[dmHIMSyj]|[AaBbcfgGnpuUVwWxXYzZ%])")
_ANY = re.compile(r"%-?.?")
_YEARS = ("%Y", "%y", "%-y", "%G", "%c", "%x")
_JAVA = re.compile(r"yyyy|YYYY|MM|dd|DD|HH")


def fault(given: object) -> str | None:
    """What is wrong with the field's value, or None."""
    words = ", ".join(NUMBERS)
    if not isinstance(given, str) or not given:
        return f"timestamp_format must be one of {words}, or a strptime format such as %d.%m.%Y %H:%M, got {given!r}"
    if given in NUMBERS:
        return None
    if "%" not in given:
        java = "; a format such as yyyy-MM-dd is %Y-%m-%d here" if _JAVA.search(given) else ""
        return f"timestamp_format must be one of {words}, or a strptime format with %, got {given!r}{java}"
    unknown = [found for found in _ANY.findall(given) if not _DIRECTIVE.fullmatch(found)]
    if unknown:
        return f"timestamp_format {given!r} has {', '.join(sorted(set(unknown)))}, which is no directive of strptime"
    if not any(year in given for year in _YEARS):
        return f"timestamp_format {given!r} has no year: it needs %Y or %y"
    return None
