"""Warnings about ids that another program has probably changed; they are used as they are."""

# Table and column names are constants of this code.
# ruff: noqa: S608

import re
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class _Change:
    """Whole ids that match ``pattern`` (RE2), and what changed them; reported from this share of a side's ids on."""

    pattern: str
    what: str
    share: float = 0.0


# UTF-8 decoded as Latin-1 or cp1252 turns é into Ã©, and an apostrophe into â€™.
_MISREAD = "\u00c3[\u0080-\u00bf\u0152-\u017e\u0192\u02c6-\u02dc\u2013-\u203a\u20ac\u2122]|\u00e2\u20ac"
_QUOTED = "|".join(
    f"{re.escape(a)}.*{re.escape(b)}"
    for a, b in ("\u2018\u2019", "\u201c\u201d", "\u201e\u201c", "\u00ab\u00bb", "''", "``")
)
_CHANGES = (
    _Change(
        r"[-+]?\d(\.\d+)?E\+\d{2,3}",
        "are numbers that a spreadsheet has rounded, so that different ids may have become one: export them as text",
    ),
    _Change("#{4,}", "are what a spreadsheet shows where a column is too narrow: export the values"),
    _Change(
        r"""b'.*'|b".*"|\['.*'\]|\[".*"\]|\('.*',?\)""",
        "are values as Python prints them, and not the ids within: export these",
    ),
    _Change(r'="[^"]*"', "are formulas by which a spreadsheet keeps zeros: export the values"),
    _Change(
        f".*({_MISREAD}).*", "are UTF-8 that was read as another encoding and saved again: export them from the source"
    ),
    _Change(
        r"-?\d+\.0",
        "are whole numbers that a program has made decimals: write integers (in pandas, as Int64)",
        share=0.5,
    ),
    _Change(r"'\d+", "have the apostrophe by which a spreadsheet keeps zeros: export the values", share=0.5),
    _Change(
        r"\[[^'\"].*\]|\{.*\}",
        "are lists or objects as a program prints them: write one value in a row",
        share=0.5,
    ),
    # A title may be in quotes, or be about HTML; if most ids look like this, they were escaped.
    _Change(
        f"({_QUOTED})",
        'are in quotes that are read as a part of them: leave the quotes out, or set "quote" in input/dataset.json',
        share=0.5,
    ),
    _Change(
        r".*&(amp|lt|gt|quot|nbsp|#\d+|#x[0-9a-fA-F]+);.*",
        "hold entities of HTML: export them as plain text",
        share=0.1,
    ),
)


def warnings(database: duckdb.DuckDBPyConnection) -> list[str]:
    """A sentence for each such change found in the ids of ``users`` and ``items``."""
    found = []
    for side in ("user", "item"):
        found += [_warning(database, side, change) for change in _CHANGES]
        found.append(_spelled_differently(database, side))
    return [text for text in found if text]


def _warning(database: duckdb.DuckDBPyConnection, side: str, change: _Change) -> str | None:
    changed, ids, example = database.execute(
        f"""
        SELECT count(*) FILTER (changed), count(*), min(id) FILTER (changed)
        FROM (SELECT {side}_id AS id, regexp_full_match({side}_id, ?, 's') AS changed FROM {side}s)
        """,
        [change.pattern],
    ).fetchall()[0]
    if not changed or changed < change.share * ids:
        return None
    return f"{changed:,} of {ids:,} {side} ids, such as {example[:100]!r}, {change.what}."


def _spelled_differently(database: duckdb.DuckDBPyConnection, side: str) -> str | None:
    """Numbers that some files write with leading zeros, or as pandas writes integers with gaps, and others do not."""
    numbers, spellings, one, other = database.execute(
        f"""
        SELECT count(*), sum(spellings), min(one), min_by(other, one)
        FROM (
            SELECT count(*) AS spellings, min({side}_id) AS one, max({side}_id) AS other
            FROM {side}s WHERE regexp_full_match({side}_id, '[0-9]+([.]0+)?')
            GROUP BY ltrim(regexp_replace({side}_id, '[.]0+$', ''), '0') HAVING count(*) > 1
        )
        """
    ).fetchall()[0]
    if not numbers:
        return None
    return (
        f"{spellings:,} {side} ids are {numbers:,} numbers in several spellings, such as {one!r} and {other!r}: ids "
        f"are text, so each is of another {side}; if that is not meant, write them alike."
    )
