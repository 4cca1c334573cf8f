"""Quotes texts of the data for SQL."""


def literal(text: str) -> str:
    """The text as an SQL string literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
