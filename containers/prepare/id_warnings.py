"""Ids that a program has changed on the way: what a spreadsheet rounded, or the text of another program's value."""

from dataclasses import dataclass

import duckdb

# Of an id that somebody has chosen, such as the film [REC], there are few; a program changes a whole column.
_MOST_BY_CHOICE = 0.5


@dataclass(frozen=True)
class _Form:
    """How such ids look, by a regular expression of RE2; what they are, and what to do.

    ``always``: a single one is enough, because no more than the long ones are changed, and different ones become one.
    """

    pattern: str
    what: str
    fix: str
    always: bool = False


_FORMS = (
    _Form(
        r"-?\d\.\d+E\+\d{2,3}",
        "are numbers that a spreadsheet has rounded, so that different ids have become one",
        "export them from their source, or with the column formatted as text",
        always=True,
    ),
    _Form(
        r"-?\d+\.0",
        "are whole numbers that a program has made decimals",
        "write them as integers (in pandas, as Int64); as they are, the lists are of these texts",
    ),
    _Form(r"=\".*\"|'\d+", "are texts in the notation of a spreadsheet", "write the text alone"),
    _Form(
        r"b'.*'|b\".*\"|\[.*\]|\{.*\}",
        "are the text of bytes, lists or objects of a program",
        "write the value itself, and of a list each element in a row of its own",
    ),
)


def warnings(database: duckdb.DuckDBPyConnection) -> list[str]:
    """A sentence for each side (``users``, ``items``) and form in which its ids have been changed."""
    return [
        f"{changed:,} of {ids:,} {side} ids, such as {example!r}, {form.what}: {form.fix}."
        for side in ("user", "item")
        for form in _FORMS
        for ids, changed, example in _found(database, side, form.pattern)
        if changed and (form.always or changed > _MOST_BY_CHOICE * ids)
    ]


def _found(database: duckdb.DuckDBPyConnection, side: str, pattern: str) -> list[tuple[int, int, str]]:
    matches = f"regexp_full_match({side}_id, ?)"
    return database.execute(
        f"SELECT count(*), count(*) FILTER ({matches}), min({side}_id) FILTER ({matches}) FROM {side}s",  # noqa: S608
        [pattern, pattern],
    ).fetchall()
