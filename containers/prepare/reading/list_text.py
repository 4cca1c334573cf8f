"""Lists from JSON and Parquet as text in the all-text table, and messages about other nested values."""

from collections.abc import Sequence

# A character of the private use area that separates the values of one field. It does not occur in normal text, and is
# not trimmed as a blank.
BETWEEN = "\ue01f"


def joined(elements: Sequence[str | None]) -> str:
    """The text of a list: BETWEEN before each value, so that it differs from plain text; '' if the list is empty.

    Null elements are skipped.
    """
    return "".join(f"{BETWEEN}{element}" for element in elements if element is not None)


def parts_sql(text: str, separator: str) -> str:
    """SQL: the values of a field, which is a list's text or plain text with ``separator`` (SQL) between values."""
    return (
        f"string_split({text}, CASE WHEN starts_with({text}, chr({ord(BETWEEN)})) THEN chr({ord(BETWEEN)}) "
        f"ELSE {separator} END)"
    )


def misplaced_list(name: str) -> str:
    """Why the data's column ``name`` cannot contain lists."""
    return f"column {name!r} is a list, which only a feature of type categories can be"


def nested(name: str, kind: str) -> str:
    """Why a column cannot be of that type."""
    return f"column {name!r} is {kind}, and must be text, a number, or for a feature of type categories a list of these"
