"""The index: the user, item and feature value behind each number, and which user has seen which item."""

import json
from pathlib import Path

import duckdb

from containers.contents import content
from containers.prepare.features import side_features
from containers.prepare.features.side_features import EncodedSide
from containers.prepare.reading.sql_text import literal
from contract.documents import Content


def write(database: duckdb.DuckDBPyConnection, sides: list[EncodedSide], folder: Path) -> dict[str, Content]:
    """Write the tables users, items, pairs, user_features and item_features as Parquet, and features.json.

    users: user_index, user, seen (distinct items, including held-out ones), interactions (training pairs). items:
    item_index, item, seen (distinct users, including held-out ones), popularity (training pairs), title (null if
    unknown), servable (lists may contain it). pairs: user_index, item_index, held_out, chooses (the held-out pairs that
    settings are chosen on), value, time (epoch seconds), first_time (of the pair's earliest row), left_out (the user's
    list leaves the item out as seen); sorted by user, time, item. Both times are null if the data has no times or the
    same time everywhere, and numbers on another scale if dataset.json declares them as an order only. user_features,
    item_features: user_index or item_index, feature (column of the feature space), weight. features.json: by side, each
    field of dataset.json with its columns, see side_features.described.

    Returns:
        The size and hash of each file, by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _copy(
        database,
        """
        SELECT user_index, user_id AS "user", coalesce(seen, 0)::INTEGER AS seen,
               coalesce(training, 0)::INTEGER AS interactions
        FROM users LEFT JOIN (
            SELECT user_index, count(*) AS seen, count(*) FILTER (NOT held_out) AS training FROM pairs GROUP BY ALL
        ) USING (user_index) ORDER BY user_index
        """,
        folder / "users.parquet",
    )
    _copy(
        database,
        """
        SELECT item_index, item_id AS item, coalesce(seen, 0) AS seen, coalesce(training, 0) AS popularity,
               title, servable
        FROM items LEFT JOIN (
            SELECT item_index, count(*) AS seen, count(*) FILTER (NOT held_out) AS training FROM pairs GROUP BY ALL
        ) USING (item_index) LEFT JOIN described_items USING (item_id) ORDER BY item_index
        """,
        folder / "items.parquet",
    )
    _copy(database, "FROM pairs", folder / "pairs.parquet")
    for side in ("user", "item"):
        _copy(database, f"FROM {side}_features ORDER BY {side}_index, feature", folder / f"{side}_features.parquet")
    described = json.dumps(side_features.described(sides), ensure_ascii=False, indent=2)
    (folder / "features.json").write_text(described + "\n", encoding="utf-8")
    return {file.name: content(file) for file in sorted(folder.iterdir())}


def _copy(database: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    database.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")
