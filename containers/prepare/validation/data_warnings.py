"""Warnings about data that can be trained on, but is probably not what its owner intended."""

import duckdb

from contract.request_document import Request

# With fewer users, it is common that one of them has most of the interactions.
_FEWEST_USERS = 10


def warnings(database: duckdb.DuckDBPyConnection, request: Request) -> list[str]:
    """A sentence for each property of ``users``, ``items`` and ``pairs`` that makes lists degenerate.

    Args:
        request: the run's.
    """
    found = [_one_user(database), _one_history(database), _without_interactions(database)]
    if request["feedback"] == "explicit":
        found.append(_one_value(database))
    return [each for each in found if each]


def _one_user(database: duckdb.DuckDBPyConnection) -> str | None:
    found = database.execute(
        """
        SELECT user_id, count(*) AS pairs, sum(count(*)) OVER () AS everybodys, count(*) OVER () AS users
        FROM pairs JOIN users USING (user_index) GROUP BY user_id ORDER BY pairs DESC, user_id LIMIT 1
        """
    ).fetchall()
    user, pairs, everybodys, users = found[0]
    if users < _FEWEST_USERS or 2 * pairs <= everybodys:
        return None
    return (
        f"User {user!r} has {pairs / everybodys:.1%} of all interactions, more than the other {users - 1:,} users "
        "together: if that is a test account or a program, leave its rows out of the data."
    )


def _one_history(database: duckdb.DuckDBPyConnection) -> str | None:
    users, histories = database.execute(
        """
        SELECT count(*), count(DISTINCT history)
        FROM (
            SELECT struct_pack(items := count(*), which := bit_xor(hash(item_index))) AS history
            FROM pairs GROUP BY user_index
        )
        """
    ).fetchall()[0]
    if histories > 1:
        return None
    return (
        f"All {users:,} users with interactions have had the same items: nothing distinguishes users, so lists cannot "
        "be personal."
    )


def _without_interactions(database: duckdb.DuckDBPyConnection) -> str | None:
    users, without = database.execute(
        "SELECT count(*), count(*) FILTER (user_index NOT IN (SELECT user_index FROM pairs)) FROM users"
    ).fetchall()[0]
    if not without:
        return None
    return (
        f"{without:,} of {users:,} users have no interaction and are known from input/users/ only: their lists come "
        "from their features alone."
    )


def _one_value(database: duckdb.DuckDBPyConnection) -> str | None:
    low, high = database.execute("SELECT min(value), max(value) FROM pairs").fetchall()[0]
    if low is None or low < high:
        return None
    return f"Every value is {low:g}: explicit feedback has nothing to predict; use feedback implicit."
