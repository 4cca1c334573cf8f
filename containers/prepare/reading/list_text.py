"""Lists of JSON and Parquet as text in the all-text table, and what to say of other nested values."""

from collections.abc import Sequence

# A character of the private use area: what divides the values of one field. No text that people write has it, and it is
# no blank that is trimmed.
BETWEEN = "\ue01f"


def joined(elements: Sequence[str | None]) -> str:
    """The text of a list: BETWEEN before each of its values, so that it is told from plain text; '' without any.

    Null elements are no values.
    """
    return "".join(f"{BETWEEN}{element}" for element in elements if element is not None)


def parts_sql(text: str, separator: str) -> str:
    """SQL: the values of a field, be it a list's text or plain text with ``separator`` (SQL) between them."""
    return (
        f"string_split({text}, CASE WHEN starts_with({text}, chr({ord(BETWEEN)})) THEN chr({ord(BETWEEN)}) "
        f"ELSE {separator} END)"
    )


def misplaced_list(name: str) -> str:
    """Why a list cannot be the value of the data's column ``name``."""
    return f"column {name!r} is a list, which only a feature of type categories can be"


def nested(name: str, kind: str) -> str:
    """Why a column cannot be of that type."""
    return f"column {name!r} is {kind}, and must be text, a number, or for a feature of type categories a list of these"
