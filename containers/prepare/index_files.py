"""The index as Parquet: which user and item each number stands for, and who has seen what."""

from pathlib import Path

import duckdb


def write(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write users.parquet, items.parquet and pairs.parquet from the tables users, items, pairs and titles.

    users: user_index, user, seen (distinct items, held-out ones included), interactions (training pairs).
    items: item_index, item, popularity (training pairs), title (null when unknown).
    pairs: user_index, item_index, held_out, value, time (epoch seconds), row_order; by user, time, row order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _copy(
        database,
        """
        SELECT user_index, user_id AS "user", count(*)::INTEGER AS seen,
               count(*) FILTER (NOT held_out)::INTEGER AS interactions
        FROM users JOIN pairs USING (user_index) GROUP BY ALL ORDER BY user_index
        """,
        folder / "users.parquet",
    )
    _copy(
        database,
        """
        SELECT item_index, item_id AS item, count(*) FILTER (NOT held_out) AS popularity, title
        FROM items JOIN pairs USING (item_index) LEFT JOIN titles USING (item_id)
        GROUP BY ALL ORDER BY item_index
        """,
        folder / "items.parquet",
    )
    _copy(database, "FROM pairs ORDER BY user_index, time, row_order", folder / "pairs.parquet")


def _copy(database: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    path = str(target).replace("'", "''")
    database.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
