"""The result of validating rows: how many were rejected and why, and the table of the rejected ones."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from dataclasses import dataclass

import duckdb

from containers.prepare.validation.time_column import TimeColumn


@dataclass(frozen=True)
class Verdict:
    """How many rows were rejected: in total, by reason, and by file (its number).

    ``padded`` counts the other rows with blanks around an id. ``times`` is how times were read, None without a time
    column.
    """

    rejected: int
    by_reason: dict[str, int]
    by_file: dict[int, int]
    padded: int
    times: TimeColumn | None = None


def refuse(
    database: duckdb.DuckDBPyConnection, table: str, validated: str, shown: str, into: str, *, padded: int
) -> Verdict:
    """Create ``into`` (see ``row_rules.validate``, ``rejected``) from the rows of ``validated`` with a reason, and the
    malformed ones.

    Args:
        table: the all-text table; ``validated`` has all its columns, and reason and refused_value.
        shown: SQL, JSON of the part of a row to show.
        padded: how many of the other rows had blanks around an id.
    """
    database.execute(
        f"""
        CREATE TABLE {into} AS
        WITH refused AS (
            SELECT row_order, file, line, reason, refused_value AS value, {shown} AS row
            FROM {validated} WHERE reason IS NOT NULL
            UNION ALL
            SELECT row_order, file, line, reason, raw, to_json(raw) FROM {table}_malformed
        )
        SELECT row_order, refused.file, row_group, line - coalesce(first_row, 0) AS line, reason, value, row
        FROM refused ASOF LEFT JOIN {table}_groups AS groups ON refused.file = groups.file AND line >= first_row
        """
    )
    return of_rejected(database, into, padded)


def of_rejected(database: duckdb.DuckDBPyConnection, rejected: str, padded: int) -> Verdict:
    """The counts of a table of rejected rows."""
    query = f"SELECT reason, count(*) FROM {rejected} GROUP BY reason ORDER BY 2 DESC, 1"
    by_reason = database.execute(query).fetchall()
    by_file = database.execute(f"SELECT file, count(*) FROM {rejected} GROUP BY file").fetchall()
    return Verdict(sum(rows for _, rows in by_reason), dict(by_reason), dict(by_file), padded)
