"""Selects the interactions to hold out from training and evaluate the model on."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import duckdb

from contract.hold_out import LATEST

MOST_USERS = 2_000
FEWEST_INTERACTIONS = 5
ONE_IN = 5  # the latest 20 %, or 20 % at random
# Of the first 32 bits of a hash, in hexadecimal.
_A_FIFTH = f"{2**32 // ONE_IN:08x}"


def hold_out(database: duckdb.DuckDBPyConnection, kind: str) -> int:
    """Create ``halves`` from ``pairs``; return how many users are ``tied``.

    halves: user_index, item_index, held_out, chooses, for all pairs of the users with held-out pairs.

    Held out are pairs of up to MOST_USERS users with at least FEWEST_INTERACTIONS. These are the users with the
    smallest SHA-256 of their ids: every run selects the same users as long as they exist, whatever its seed, so that
    metrics of different weeks are comparable.

    With times, it is the latest fifth of a user's pairs, rounded down but at least one, by the time of the first
    interaction: lists recommend items that are new to the user, so the model must be measured on new items, not on old
    habits repeated recently. A hash of user and item orders pairs with the same time. A user is tied if the hash
    decided, that is, if some pairs with the same time are held out and some are not.

    At random, it is each pair whose hash is in the lowest fifth. A pair is held out in every run or in none, whatever
    other pairs are added: a pair that is held out now was never in the training data of an earlier measured model, and
    the order of rows does not matter. If this would select all pairs of a user, none of them is held out.

    ``chooses`` is the first half, in that order and rounded down, of a user's held-out pairs: the score settings are
    chosen on it. The model is measured on the other half, which no choice has used.

    Args:
        kind: LATEST or RANDOM.
    """
    chosen = _latest() if kind == LATEST else _random()
    database.execute(
        f"""
        CREATE TABLE halves AS
        WITH sizes AS (SELECT user_index, count(*) AS pairs FROM pairs GROUP BY user_index),
        users_chosen AS (
            SELECT user_index, sha256(user_id) AS user_hash, pairs - greatest(1, pairs // {ONE_IN}) AS kept
            FROM sizes JOIN users USING (user_index)
            WHERE pairs >= {FEWEST_INTERACTIONS}
            ORDER BY user_hash, user_id LIMIT {MOST_USERS}
        ),
        theirs AS (
            SELECT user_index, item_index, first_time, kept, sha256(user_hash || item_id) AS pair_hash
            FROM pairs JOIN users_chosen USING (user_index) JOIN items USING (item_index)
        ),
        chosen AS ({chosen})
        SELECT user_index, item_index, first_time, held_out,
               held_out AND row_number() OVER (theirs_held ORDER BY first_time, pair_hash)
               <= count(*) OVER theirs_held // 2 AS chooses
        FROM chosen
        WINDOW theirs_held AS (PARTITION BY user_index, held_out)
        """
    )
    tied = database.execute(
        "SELECT count(*) FROM (SELECT user_index FROM halves GROUP BY user_index "
        "HAVING max(first_time) FILTER (NOT held_out) = min(first_time) FILTER (held_out))"
    ).fetchall()
    return int(tied[0][0])


def _latest() -> str:
    return (
        "SELECT user_index, item_index, first_time, pair_hash, "
        "row_number() OVER (PARTITION BY user_index ORDER BY first_time, pair_hash) > kept AS held_out FROM theirs"
    )


def _random() -> str:
    return (
        "SELECT user_index, item_index, first_time, pair_hash, "
        "low AND NOT bool_and(low) OVER (PARTITION BY user_index) AS held_out "
        f"FROM (SELECT *, left(pair_hash, 8) < '{_A_FIFTH}' AS low FROM theirs)"
    )
