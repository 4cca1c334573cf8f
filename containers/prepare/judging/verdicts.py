"""What became of rows: how many were refused and why, and the table of those."""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

from dataclasses import dataclass

import duckdb

from containers.prepare.judging.time_column import TimeColumn


@dataclass(frozen=True)
class Verdict:
    """How many rows were refused: in all, for each reason, and of each file (by its number).

    ``padded`` counts the others that had blanks around an id. ``times`` is how the times were read, None without a
    column of them.
    """

    rejected: int
    by_reason: dict[str, int]
    by_file: dict[int, int]
    padded: int
    times: TimeColumn | None = None


def refuse(
    database: duckdb.DuckDBPyConnection, table: str, judged: str, shown: str, into: str, *, padded: int
) -> Verdict:
    """Make ``into`` (as ``rejected``, see ``judge``) of ``judged``'s rows with a reason, and of the malformed.

    Args:
        table: the all-text table, of which ``judged`` has every column, with reason and refused_value.
        shown: SQL, JSON of what is shown of a row.
        padded: how many of the others had blanks around an id.
    """
    database.execute(
        f"""
        CREATE TABLE {into} AS
        WITH refused AS (
            SELECT row_order, file, line, reason, refused_value AS value, {shown} AS row
            FROM {judged} WHERE reason IS NOT NULL
            UNION ALL
            SELECT row_order, file, line, reason, raw, to_json(raw) FROM {table}_malformed
        )
        SELECT row_order, refused.file, row_group, line - coalesce(first_row, 0) AS line, reason, value, row
        FROM refused ASOF LEFT JOIN {table}_groups AS groups ON refused.file = groups.file AND line >= first_row
        """
    )
    return of_rejected(database, into, padded)


def of_rejected(database: duckdb.DuckDBPyConnection, rejected: str, padded: int) -> Verdict:
    """What ``rejected`` comes to."""
    query = f"SELECT reason, count(*) FROM {rejected} GROUP BY reason ORDER BY 2 DESC, 1"
    by_reason = database.execute(query).fetchall()
    by_file = database.execute(f"SELECT file, count(*) FROM {rejected} GROUP BY file").fetchall()
    return Verdict(sum(rows for _, rows in by_reason), dict(by_reason), dict(by_file), padded)
