"""Accepted rows to distinct (user, item) pairs of dense indexes."""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

import duckdb


def index(database: duckdb.DuckDBPyConnection) -> int:
    """Make ``users``, ``items`` and ``pairs`` of ``accepted``, which is dropped; return how many rows were duplicates.

    users: user_index, user_id; items: item_index, item_id. Indexes follow the bytes of the ids in UTF-8: the
    same data gives the same index, whatever its order, the machine or its language.
    pairs: user_index, item_index, value, time, row_order. Of a repeated pair the latest row stays: by time, then
    by row order (which alone decides where the data has no time).
    """
    for kind in ("user", "item"):
        database.execute(
            f"""
            CREATE TABLE {kind}s AS
            SELECT (row_number() OVER (ORDER BY {kind}_id) - 1)::INTEGER AS {kind}_index, {kind}_id
            FROM (SELECT DISTINCT {kind}_id FROM accepted)
            ORDER BY 1
            """
        )
    database.execute(
        """
        CREATE TABLE latest_pairs AS
        SELECT user_index, item_index, arg_max(
                   {'value': value, 'time': time, 'row_order': row_order},
                   {'time': coalesce(time, 0), 'row_order': row_order}
               ) AS latest
        FROM accepted JOIN users USING (user_id) JOIN items USING (item_id)
        GROUP BY user_index, item_index
        """
    )
    database.execute("CREATE TABLE pairs AS SELECT user_index, item_index, unnest(latest) FROM latest_pairs")
    duplicates = _count(database, "accepted") - _count(database, "pairs")
    database.execute("DROP TABLE latest_pairs; DROP TABLE accepted")
    return duplicates


def _count(database: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
