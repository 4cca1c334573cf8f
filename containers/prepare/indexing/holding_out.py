"""Which interactions are kept from training, to evaluate the model on."""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

import duckdb

from contract.hold_out import LATEST

MOST_USERS = 2_000
FEWEST_INTERACTIONS = 5
ONE_IN = 5  # the last 20 %, or 20 % by chance
# Of the first 32 bits of a hash, as it is written.
_A_FIFTH = f"{2**32 // ONE_IN:08x}"


def hold_out(database: duckdb.DuckDBPyConnection, kind: str) -> int:
    """Make ``halves`` of ``pairs``; return how many users are ``tied``.

    halves: user_index, item_index, held_out, chooses, for all pairs of those users of whom some are held out.

    Held out are pairs of up to MOST_USERS users with at least FEWEST_INTERACTIONS. Those users have the smallest
    SHA-256 of their ids: every run takes the same ones as long as they are there, whatever its seed, so that metrics
    of different weeks compare.

    By time that is the last fifth, rounded down but at least one, by when a pair began: lists are of what a user does
    not know yet, so what is held out must be what the user then came upon, and not an old habit that was repeated
    lately. Between pairs that began at one time, a hash of user and item decides. Tied are users for whom it had to,
    because some are held out and some are not.

    At random it is each pair whose hash is in the lowest fifth. A pair is so in every run or in none, however many
    others come: what is held out now, no model was trained on that was measured before, and no order of rows counts.
    A user all of whose pairs that would be has none held out.

    ``chooses`` is the first half in that order, rounded down, of what is held out of a user: by that the settings of
    the served score are chosen, and by the other half, which no choice has seen, the model is judged.

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
