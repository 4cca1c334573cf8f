"""Rows of forgotten users: removed before anything else is computed from them or written."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import json
import re
from pathlib import Path

import duckdb

from containers.prepare.reading import blanks
from containers.prepare.validation.row_rules import trimmed
from contract import forgotten_users
from contract.documents import Plan
from contract.forgotten_users import ForgottenUsers

# The characters that may separate the fields of a row that could not be read.
_BETWEEN = re.compile(r"[,;|\t{}\[\]:\"]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_MOST_COMMAS = 3  # in an id of such a row: csv_rows joins its fields with commas
_BATCH = 10_000


class WrongForgottenUsers(Exception):
    """forgotten.json is not what the run was planned with."""


def read(plan: Plan, folder: Path) -> ForgottenUsers | None:
    """The users whose rows are left out; None if no user was forgotten.

    Args:
        folder: the folder with forgotten.json.

    Raises:
        WrongForgottenUsers: if it is missing or has other content.
    """
    if not plan["forgotten"]["users"]:
        return None
    try:
        found: ForgottenUsers = json.loads((folder / "forgotten.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongForgottenUsers(f"forgotten.json cannot be read ({error}); start another run") from error
    if forgotten_users.note_of(found["users"]) != plan["forgotten"]:
        raise WrongForgottenUsers("forgotten.json is not the one that the run was planned with; start another run")
    return found


def leave_out(database: duckdb.DuckDBPyConnection, table: str, forgotten: ForgottenUsers | None) -> int:
    """Delete these users' rows from ``table``, and from ``<table>_malformed`` the rows that contain one of their ids.

    In a row that could not be read, any field may be the user: each of its texts is compared.

    Args:
        table: from text_rows, with the column user_id.

    Returns:
        How many rows were deleted.
    """
    if forgotten is None:
        return 0
    given = {"salt": forgotten["salt"], "users": forgotten["users"]}
    rows = database.execute(
        f"""
        DELETE FROM {table} WHERE user_id IN (
            SELECT user_id FROM (SELECT DISTINCT user_id FROM {table}) WHERE {_is_one(trimmed("user_id"))}
        )
        """,
        given,
    ).fetchall()[0][0]
    malformed = _malformed(database, table, forgotten)
    database.execute(
        f"DELETE FROM {table}_malformed WHERE row_order IN (SELECT unnest($orders::BIGINT[]))", {"orders": malformed}
    )
    return int(rows) + len(malformed)


def warnings(rows: int) -> list[str]:
    """The warning that the data still has such rows."""
    if not rows:
        return []
    return [f"{rows:,} rows of forgotten users were left out: leave them out of the next export."]


def _malformed(database: duckdb.DuckDBPyConnection, table: str, forgotten: ForgottenUsers) -> list[int]:
    """The positions of unreadable rows that contain one of the ids."""
    hashes, salt = set(forgotten["users"]), forgotten["salt"]
    cursor = database.cursor().execute(f"SELECT row_order, raw FROM {table}_malformed")
    found = []
    while rows := cursor.fetchmany(_BATCH):
        found += [
            order for order, raw in rows if any(forgotten_users.hashed(salt, text) in hashes for text in _texts(raw))
        ]
    return found


def _texts(raw: str) -> set[str]:
    """Every text of a row that may be one of its fields."""
    fields = raw.split(",")
    runs = (
        ",".join(fields[first:last])
        for first in range(len(fields))
        for last in range(first + 1, min(first + 1 + _MOST_COMMAS, len(fields)) + 1)
    )
    quoted = (text.replace('\\"', '"') for text in _QUOTED.findall(raw))
    return {text.strip(f"{blanks.BLANKS}\0") for text in (*runs, *_BETWEEN.split(raw), *quoted)}


def _is_one(text: str) -> str:
    """SQL: whether a text is the id of a forgotten user, the same as contract.forgotten_users in Python."""
    return f"sha256($salt || ':' || {text}) IN (SELECT unnest($users::VARCHAR[]))"
