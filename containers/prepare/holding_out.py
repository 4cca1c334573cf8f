"""Which interactions are kept from training, to evaluate the model on."""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

from dataclasses import dataclass

import duckdb

from containers.prepare.time_column import ORDER_READ_AS, TimeColumn

MOST_USERS = 2_000
FEWEST_INTERACTIONS = 5
ONE_IN = 5  # the last 20 %
_FEWEST_TO_WARN = 10  # of fewer users, most may have a tie by chance


LATEST, RANDOM = "latest", "random"


@dataclass(frozen=True)
class HeldOut:
    """What was held out: ``how`` is LATEST or RANDOM, ``why`` says it in words.

    ``tied`` counts those of ``users`` whose earliest held-out pair began at the time of a pair that was kept: what of
    such a tie is held out is chance.
    """

    how: str
    why: str
    read_as: str | None
    users: int
    tied: int

    def warnings(self) -> list[str]:
        """That times are too coarse to say what came last, or are none."""
        found = []
        if self.users >= _FEWEST_TO_WARN and 2 * self.tied > self.users:
            found.append(
                f"Of {self.tied:,} of {self.users:,} users the held-out interactions have the time of others that were "
                "not: the times are too coarse to say what came last, and chance decides."
            )
        if self.read_as == ORDER_READ_AS:
            found.append(
                "The times are numbers, and no moments in any unit: they only order the interactions. If they are "
                'moments or days, say so by "timestamp_format" in input/dataset.json.'
            )
        return found


def hold_out(database: duckdb.DuckDBPyConnection, times: TimeColumn | None) -> HeldOut:
    """Add ``held_out`` to ``pairs`` and sort it by user, time and row order.

    A fifth, rounded down but at least one, of the pairs of up to MOST_USERS users with at least FEWEST_INTERACTIONS:
    the last ones by when a pair began, because lists are of what a user does not know yet, so what is held out must be
    what the user then came upon, and not an old habit that was repeated lately. Pairs of one time, and all where the
    data has no times or a single one, are in the order of a hash of their ids: the order of the rows means nothing. The
    users have the smallest SHA-256 of their ids: every run takes the same ones as long as they are there,
    whatever its seed, so that metrics of different weeks compare.

    Args:
        times: what the column of times is, None without one.
    """
    ((distinct,),) = database.execute("SELECT count(DISTINCT first_time) FROM pairs WHERE time IS NOT NULL").fetchall()
    timed = distinct > 1
    database.execute(
        f"""
        CREATE TABLE sorted_pairs AS
        WITH sizes AS (SELECT user_index, count(*) AS pairs FROM pairs GROUP BY user_index),
        chosen AS (
            SELECT user_index, user_id, pairs - greatest(1, pairs // {ONE_IN}) AS kept
            FROM sizes JOIN users USING (user_index)
            WHERE pairs >= {FEWEST_INTERACTIONS}
            ORDER BY sha256(user_id), user_id LIMIT {MOST_USERS}
        ),
        ranked AS (
            SELECT row_order, row_number() OVER (
                PARTITION BY user_index
                ORDER BY {"first_time, " if timed else ""}sha256(user_id || chr(31) || item_id), item_id
            ) > kept AS held_out
            FROM pairs JOIN chosen USING (user_index) JOIN items USING (item_index)
        )
        SELECT user_index, item_index, coalesce(held_out, false) AS held_out, value,
               {"time" if timed else "NULL::DOUBLE"} AS time, row_order,
               {"CASE WHEN time IS NOT NULL THEN first_time END" if timed else "NULL::DOUBLE"} AS first_time
        FROM pairs LEFT JOIN ranked USING (row_order)
        ORDER BY user_index, time, row_order
        """
    )
    database.execute("DROP TABLE pairs; ALTER TABLE sorted_pairs RENAME TO pairs")
    users, tied = database.execute(
        """
        SELECT count(*), count(*) FILTER (first_held = last_kept)
        FROM (
            SELECT min(first_time) FILTER (held_out) AS first_held, max(first_time) FILTER (NOT held_out) AS last_kept
            FROM pairs GROUP BY user_index HAVING bool_or(held_out)
        )
        """
    ).fetchall()[0]
    return HeldOut(LATEST if timed else RANDOM, _why(distinct, times), times.read_as if times else None, users, tied)


def _why(distinct: int, times: TimeColumn | None) -> str:
    if times is None:
        return "at random, because the data has no times"
    if distinct <= 1:
        return "at random, because all interactions have one time"
    return "each user's latest interactions"
