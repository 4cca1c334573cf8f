"""Finds texts of a side feature that are invalid for its type, and texts that probably mean something else."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from dataclasses import dataclass

import duckdb

from containers.prepare.reading import list_text
from containers.prepare.reading.input_files import InputFile
from containers.prepare.reading.sql_text import literal
from containers.prepare.validation.rejected_rows import place
from containers.prepare.validation.row_rules import decimal
from contract.side_table import Feature

_SHOWN = 3
_SHOWN_CHARACTERS = 100
_SEPARATORS = ("|", ",", ";", "/", "\t")
# If this share of the texts contains another separator and none has the configured one, the separator is questionable.
_DIVIDED_ONE_IN = 10
# What str() of a list, tuple, set or dict, JSON and PostgreSQL write. A single value is unlikely to look like it:
# besides a bracket it needs quotes, braces or numbers inside.
_LIST = r"""(?s)\[\s*(['"{].*['"}]|-?[0-9][0-9.,\s-]*)?\s*\]|\(\s*['"].*['"]\s*,?\s*\)|\{.*\}"""


@dataclass(frozen=True)
class BadTexts:
    """How many users or items have a text that is invalid for the type, and the most frequent of these texts."""

    rows: int
    examples: list[str]


def is_bad(feature: Feature, text: str) -> str:
    """SQL: whether a text is invalid for the type: not a number, or a list where a category is expected."""
    if feature.type == "number":
        return f"NOT coalesce(isfinite({decimal(text)}), false)"
    return f"regexp_full_match({text}, {literal(_LIST)})"


def find_bad(database: duckdb.DuckDBPyConnection, feature: Feature, files: list[InputFile], groups: str) -> BadTexts:
    """Find the invalid texts in the table ``given`` (text, row_order, file, line).

    Args:
        groups: the table of Parquet's row groups (see text_rows.load).
    """
    found = database.execute(
        f"""
        WITH bad AS (
            SELECT text, count(*) AS rows, arg_min(struct_pack(file, line), row_order) AS first, min(row_order) AS place
            FROM given WHERE {is_bad(feature, "text")} GROUP BY text
        ),
        placed AS (
            SELECT text, rows, place, first.file AS file, first.line AS line, sum(rows) OVER () AS all_rows
            FROM bad ORDER BY rows DESC, place LIMIT {_SHOWN}
        )
        SELECT left(text, {_SHOWN_CHARACTERS}), rows, all_rows, placed.file, row_group, line - coalesce(first_row, 0)
        FROM placed ASOF LEFT JOIN {groups} AS groups ON placed.file = groups.file AND line >= first_row
        ORDER BY rows DESC, place
        """
    ).fetchall()
    examples = [
        f"{text!r} ({rows:,}{', the first' if rows > 1 else ''} in {place(files[file], group, line)})"
        for text, rows, _, file, group, line in found
    ]
    return BadTexts(found[0][2] if found else 0, examples)


def other_separator(database: duckdb.DuckDBPyConnection, feature: Feature) -> tuple[str, int] | None:
    """The probable separator of the values in ``given`` if none has the configured one, and how many texts have it."""
    others = [mark for mark in _SEPARATORS if mark not in feature.separator]
    counts = ", ".join(f"count(*) FILTER (contains(text, '{mark}'))" for mark in others)
    is_divided = "contains(text, $separator) OR starts_with(text, $between)"
    rows, divided, *found = database.execute(
        f"SELECT count(*), count(*) FILTER ({is_divided}), {counts} FROM given",
        {"separator": feature.separator, "between": list_text.BETWEEN},
    ).fetchall()[0]
    times, mark = max(zip(found, others, strict=True))
    return (mark, times) if not divided and times * _DIVIDED_ONE_IN >= rows > 0 else None
