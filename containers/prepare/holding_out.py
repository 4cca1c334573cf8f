"""Which interactions are kept from training, to evaluate the model on."""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

import duckdb

MOST_USERS = 2_000
FEWEST_INTERACTIONS = 5
ONE_IN = 5  # the last 20 %


def hold_out(database: duckdb.DuckDBPyConnection) -> None:
    """Add ``held_out`` and ``chooses`` to ``pairs`` and sort it by user, time and row order.

    The last fifth, rounded down but at least one, of the pairs of up to MOST_USERS users with at least
    FEWEST_INTERACTIONS, by when a pair began: lists are of what a user does not know yet, so what is held out must be
    what the user then came upon, and not an old habit that was repeated lately. Those users have the smallest
    SHA-256 of their ids: every run takes the same ones as long as they are there, whatever its seed, so that metrics
    of different weeks compare.

    ``chooses`` is the earlier half, rounded down, of what is held out of a user: by that the settings of the served
    score are chosen, and by the later half, which no choice has seen, the model is judged.
    """
    database.execute(
        f"""
        CREATE TABLE sorted_pairs AS
        WITH sizes AS (SELECT user_index, count(*) AS pairs FROM pairs GROUP BY user_index),
        chosen AS (
            SELECT user_index, pairs, pairs - greatest(1, pairs // {ONE_IN}) AS kept
            FROM sizes JOIN users USING (user_index)
            WHERE pairs >= {FEWEST_INTERACTIONS}
            ORDER BY sha256(user_id), user_id LIMIT {MOST_USERS}
        ),
        ranked AS (
            SELECT row_order, kept, pairs - kept AS held,
                   row_number() OVER (PARTITION BY user_index ORDER BY first_time, first_row) AS place
            FROM pairs JOIN chosen USING (user_index)
        )
        SELECT user_index, item_index, coalesce(place > kept, false) AS held_out,
               coalesce(place > kept AND place <= kept + held // 2, false) AS chooses, value, time, row_order,
               CASE WHEN time IS NOT NULL THEN first_time END AS first_time
        FROM pairs LEFT JOIN ranked USING (row_order)
        ORDER BY user_index, time, row_order
        """
    )
    database.execute("DROP TABLE pairs; ALTER TABLE sorted_pairs RENAME TO pairs")
