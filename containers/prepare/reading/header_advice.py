"""Messages about files without the columns of dataset.json: the columns that exist, and the probable reason."""

import csv
import difflib
import re
from collections.abc import Sequence

from containers.prepare.reading.blanks import BLANKS

# Longer ones first: "::" also contains ":".
_DELIMITERS = ("||", "::", "\t", ";", "|", ",", "^", "~", "\x01", "\x1f", ":", " ")
_MOST_SHOWN_COLUMNS = 20
_MOST_NEAREST = 5
_SHOWN_CHARACTERS = 200
_WORD = re.compile(r"[^\W\d]")
_NO_HEADER = (
    'its first row seems to be data: if it has no header, set "header": false and "columns": [...] '
    "in input/dataset.json"
)
_DEFAULT = "fix the header, or name the right column in input/dataset.json"


def missing_columns(key: str, columns: Sequence[str], missing: Sequence[str], advice: str = "") -> str:
    """The message about a file in which a column name does not occur exactly once.

    Args:
        key: the file's key.
        columns: the file's columns.
        missing: the names that do not occur, or occur more than once.
        advice: the probable reason, if known.
    """
    names = ", ".join(repr(name) for name in missing)
    text = advice or _meant(columns, missing) or _DEFAULT
    return f"{key} must have exactly one column {names}; {_shown(columns, missing)}; {text}"


def for_header(header: Sequence[str], missing: Sequence[str], delimiter: str, lines: Sequence[str]) -> str:
    """The probable error of a CSV header: the delimiter, or that there is no header; empty if neither is likely.

    Args:
        lines: the first lines of the file.
    """
    repeated = [name for name in missing if header.count(name) > 1]
    if repeated:
        return f"{repeated[0]!r} is there {header.count(repeated[0])} times: rename or leave out the others"
    for other in _others(delimiter):
        if set(missing) <= {name.strip(BLANKS) for name in _divided(_first(lines), other)}:
            return _divided_by(other)
    if set(missing) <= {name.strip("'") for name in header}:
        return """its fields seem to be quoted by ': set "quote": "'" in input/dataset.json"""
    other = _consistent(lines, delimiter) if len(header) == 1 else ""
    if not _meant(header, missing) and _is_data(_divided(_first(lines), other) if other else header):
        return _NO_HEADER + (f", and {_divided_by(other)}" if other else "")
    return _divided_by(other) if other else ""


def for_broken(lines: Sequence[str]) -> str:
    """What an unreadable header should be, or probably is."""
    if _first(lines).lstrip(BLANKS).startswith(("{", "[")):
        return 'it seems to be JSON: set "format": "jsonl" in input/dataset.json'
    return "its first row must name the columns"


def for_width(width: int, delimiter: str, lines: Sequence[str]) -> str:
    """The other delimiter that splits the first line into ``width`` fields, and the fix; empty if there is none."""
    for other in _others(delimiter):
        if len(_divided(_first(lines), other)) == width:
            return _divided_by(other)
    return ""


def _divided_by(delimiter: str) -> str:
    return f"its columns seem to be divided by {delimiter!r}: {_say(delimiter)}"


def _others(delimiter: str) -> list[str]:
    return [other for other in _DELIMITERS if other != delimiter]


def _first(lines: Sequence[str]) -> str:
    return next((line for line in lines if line.strip()), "").rstrip("\r\n")


def _divided(line: str, delimiter: str) -> list[str]:
    if len(delimiter) > 1:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _consistent(lines: Sequence[str], delimiter: str) -> str:
    """The delimiter that splits the first lines into equally many fields, more than one; empty if there is none."""
    sample = [line.rstrip("\r\n") for line in lines[:10] if line.strip()]
    for other in _others(delimiter):
        widths = {len(_divided(line, other)) for line in sample}
        if len(widths) == 1 and widths != {1}:
            return other
    return ""


def _say(delimiter: str) -> str:
    if len(delimiter) > 1:
        return (
            "replace it by one character that the data does not hold, such as a tab, and say "
            '"delimiter": "tab" in input/dataset.json'
        )
    name = {"\t": "tab", "\x01": r"\u0001", "\x1f": r"\u001f"}.get(delimiter, delimiter)
    return f'set "delimiter": "{name}" in input/dataset.json'


def _is_data(header: Sequence[str]) -> bool:
    """Whether a field is a number or a date, or all fields are joined by another delimiter and the first is no word."""
    return any(name.strip() and not _WORD.search(name) for name in header) or any(
        re.fullmatch(r"\d{4}-\d\d-\d\d\S*( \S+)?", name.strip()) for name in header
    )


def _meant(columns: Sequence[str], missing: Sequence[str]) -> str:
    """The columns that were probably meant: equal except for case, blanks and quotes, or else similar."""
    plain = {_plain(column): column for column in reversed(columns)}
    found = []
    for name in missing:
        same = plain.get(_plain(name)) if columns.count(name) == 0 else None
        near = [same] if same is not None else _close(name, columns, 1, 0.8) * (name not in columns)
        found += [f"did you mean {near[0]!r} instead of {name!r}?"] if near else []
    return " ".join(found)


def _close(name: str, columns: Sequence[str], most: int, likeness: float) -> list[str]:
    """difflib's, limited to names of similar length, because there may be very many columns."""
    possible = [column for column in columns if 2 * min(len(name), len(column)) >= likeness * (len(name) + len(column))]
    return difflib.get_close_matches(name, possible, most, likeness)


def _plain(name: str) -> str:
    return name.strip(BLANKS + "\"'`").casefold()


def _shown(columns: Sequence[str], missing: Sequence[str]) -> str:
    if len(columns) <= _MOST_SHOWN_COLUMNS:
        return f"its columns are {', '.join(repr(name[:_SHOWN_CHARACTERS]) for name in columns)}"
    near = [column for name in missing for column in _close(name, columns, _MOST_NEAREST, 0.6)]
    shown = list(dict.fromkeys([*near, *columns[:_MOST_NEAREST]]))[:_MOST_NEAREST]
    listed = ", ".join(repr(name[:_SHOWN_CHARACTERS]) for name in shown)
    return f"the nearest of its {len(columns):,} columns are {listed}"
