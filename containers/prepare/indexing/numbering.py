"""Turns accepted rows into distinct (user, item) pairs with dense indexes."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import duckdb

from containers.prepare.features.side_tables import feature_columns
from containers.prepare.validation.row_rules import is_blank
from contract.dataset import Dataset


def index(database: duckdb.DuckDBPyConnection, dataset: Dataset) -> int:
    """Create ``users``, ``items`` and ``pairs`` from ``accepted``, which is dropped; return the number of duplicate
    rows.

    users: user_index, user_id; items: item_index, item_id. Indexes are in the order of the ids' UTF-8 bytes: the same
    data gives the same index, whatever its order, the machine or the locale. Users and items without interactions are
    included if they have a known feature: that is enough to rank by. pairs: user_index, item_index, value, time,
    first_time. A repeated pair has the time and value of its latest row. Of several rows with that time (all of them,
    if the data has no times), it has the highest value: the order of rows has no meaning. first_time is the time of the
    earliest row: when the user first had the item.
    """
    number(database, "user", "accepted", dataset)
    number(database, "item", "accepted", dataset)
    indexed = "accepted JOIN users USING (user_id) JOIN items USING (item_id)"
    database.execute(f"CREATE TABLE pairs AS {distinct(indexed, 'user_index', dataset)}")
    duplicates = _count(database, "accepted") - _count(database, "pairs")
    database.execute("DROP TABLE accepted")
    return duplicates


def number(database: duckdb.DuckDBPyConnection, side: str, accepted: str, dataset: Dataset) -> None:
    """Create ``<side>s`` (see ``index``) from the ids in ``accepted`` and ``described_<side>s``."""
    table = dataset.users if side == "user" else dataset.items
    known = " OR ".join(f"NOT {is_blank(column)}" for column in feature_columns(table)) or "false"
    database.execute(
        f"""
        CREATE TABLE {side}s AS
        SELECT (row_number() OVER (ORDER BY {side}_id) - 1)::INTEGER AS {side}_index, {side}_id
        FROM (SELECT {side}_id FROM {accepted} UNION SELECT {side}_id FROM described_{side}s WHERE {known})
        ORDER BY 1
        """
    )


def distinct(indexed: str, user: str, dataset: Dataset) -> str:
    """SQL: the pairs (see ``index``) of accepted rows that have ``item_index`` and the column ``user``."""
    # If the column is missing, all values are null; then a plain maximum gives the same in half the time.
    both = dataset.value and dataset.timestamp
    latest = "arg_max(value, {'time': coalesce(time, 0), 'value': value})" if both else "max(value)"
    return (
        f"SELECT {user}, item_index, {latest} AS value, max(time) AS time, min(time) AS first_time "
        f"FROM {indexed} GROUP BY {user}, item_index"
    )


def _count(database: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
