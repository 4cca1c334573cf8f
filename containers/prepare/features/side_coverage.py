"""Checks that the user and item files describe the users and items of the interactions."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from dataclasses import dataclass

import duckdb

from containers.prepare.validation.row_rules import BLANKS

# Files that describe less than this share of the interactions, and of whose ids less than this share has interactions,
# match no better than by accident. Correct files reach it in one direction or the other: a whole catalogue, of which
# few items were ever bought, describes nearly all interactions; the ids of a file with ten featured items are nearly
# all known.
_FITTING_SHARE = 0.01
# Of fewer ids, all may be correct and none known: for example, ten items that are new this week.
_FEW_IDS = 20
# Below this share of described interactions, there is a warning.
_DESCRIBED_SHARE = 0.5
_SHOWN = 3
# A difference in notation explains the unknown ids if at least this share of the smaller side's matches after
# normalization.
_EXPLAINED_SHARE = 0.5

_UNPADDED = r"regexp_replace({}, '^0+(.)', '\1')"
_WRITINGS = {
    "blanks around them": f"trim(id, {BLANKS})",
    "upper and lower case": "lower(id)",
    "leading zeros": _UNPADDED.format("id"),
    "a decimal point and zeros behind it": r"regexp_replace(id, '\.0+$', '')",
    "the Unicode form of accents": "nfc_normalize(id)",
    "punctuation, blanks or case": r"lower(regexp_replace(id, '[^\pL\pN]', '', 'g'))",
    "what comes before the last digits": _UNPADDED.format("regexp_extract(id, '[0-9]+$')"),
    "what comes after the first digits": _UNPADDED.format("regexp_extract(id, '^[0-9]+')"),
}
"""How two tools may write the same id differently, from the most specific: description, and SQL that normalizes both.
"""


@dataclass(frozen=True)
class Coverage:
    """How well a side's files match the interactions.

    ``described`` ids are in the files, ``known`` of them have interactions, ``ids`` is the number of ids with
    interactions; ``share`` is the share of (distinct) interactions whose id is described. If few match, ``ours`` and
    ``theirs`` are unmatched ids of the interactions and of the files, and ``writing`` is how they differ, if that is
    clear.
    """

    side: str
    described: int
    known: int
    ids: int
    share: float
    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    writing: str | None = None

    def faults(self) -> list[str]:
        """The files describe other data, or write ids differently from the interactions."""
        if not self._fits_nothing():
            return []
        return [
            f"{self._description()}, so they are of other {self.side}s, or {self.side}s.id in input/dataset.json names "
            f"the wrong column, or ids are written differently; {self._examples()}; write the ids alike, or take "
            f"{self.side}s out of input/dataset.json"
        ]

    def warnings(self) -> list[str]:
        """The files describe few of the interactions."""
        if self._fits_nothing() or not self.described or self.share >= _DESCRIBED_SHARE:
            return []
        text = self._description()
        return [f"{text[0].upper()}{text[1:]}; {self._examples()}."]

    def _fits_nothing(self) -> bool:
        if not self.described:
            return False
        if self.known:
            return max(self.share, self.known / self.described) < _FITTING_SHARE
        return self.writing is not None or min(self.described, self.ids) >= _FEW_IDS

    def _description(self) -> str:
        known = f"{self.known:,}" if self.known else "none"
        return (
            f"the files under input/{self.side}s/ describe {self.described:,} {self.side}s, {known} of which "
            f"{'has' if self.known < 2 else 'have'} interactions; of the interactions {self.share:.2%} are with a "
            f"described {self.side} ({self.known:,} of {self.ids:,})"
        )

    def _examples(self) -> str:
        text = f"the interactions have {_quoted(self.ours)}, the files {_quoted(self.theirs)}"
        return f"{text}: they differ only by {self.writing}" if self.writing else text


def measure(database: duckdb.DuckDBPyConnection, side: str) -> Coverage:
    """Measure one side (``user`` or ``item``), from ``pairs``, ``<side>s`` and ``described_<side>s``."""
    database.execute(
        f"""
        CREATE TEMP TABLE ids AS
        SELECT {side}_id AS id, coalesce(pairs, 0) AS pairs, row_order AS place
        FROM (SELECT {side}_id, count(*) AS pairs FROM pairs JOIN {side}s USING ({side}_index) GROUP BY ALL)
        FULL JOIN described_{side}s USING ({side}_id)
        """
    )
    described, known, ids, share = database.execute(
        "SELECT count(place), count(place) FILTER (pairs > 0), count(*) FILTER (pairs > 0), "
        "sum(pairs) FILTER (place IS NOT NULL) / sum(pairs) FROM ids"
    ).fetchall()[0]
    found = Coverage(side, described, known, ids, share or 0.0)
    if described and found.share < _DESCRIBED_SHARE:
        found = _explained(database, found)
    database.execute("DROP TABLE ids")
    return found


def _explained(database: duckdb.DuckDBPyConnection, found: Coverage) -> Coverage:
    for writing, alike in _WRITINGS.items():
        unknown = f"SELECT DISTINCT {alike} AS written FROM ids WHERE place IS NULL"
        undescribed = f"SELECT DISTINCT {alike} AS written FROM ids WHERE pairs = 0"
        ours, theirs, common = database.execute(
            f"SELECT (SELECT count(*) FROM ({unknown})), (SELECT count(*) FROM ({undescribed})), count(*) "
            f"FROM ({unknown}) JOIN ({undescribed}) USING (written) WHERE written <> ''"
        ).fetchall()[0]
        if common and common >= _EXPLAINED_SHARE * min(ours, theirs):
            return _with_examples(database, found, alike, writing)
    return _with_examples(database, found, None, None)


def _with_examples(
    database: duckdb.DuckDBPyConnection, found: Coverage, alike: str | None, writing: str | None
) -> Coverage:
    """The unmatched ids with the most interactions, and the same ids as the files write them, or else the files' first
    ids.
    """
    ours = "SELECT id, pairs FROM ids WHERE place IS NULL"
    theirs = "SELECT id, place FROM ids WHERE pairs = 0"
    if alike is None:
        first = database.execute(f"{ours} ORDER BY pairs DESC, id LIMIT {_SHOWN}").fetchall()
        second = database.execute(f"{theirs} ORDER BY place LIMIT {_SHOWN}").fetchall()
    else:
        pairs = database.execute(
            f"""
            SELECT any_value(ours.id ORDER BY pairs DESC), any_value(theirs.id ORDER BY place)
            FROM (SELECT *, {alike} AS written FROM ({ours})) AS ours
            JOIN (SELECT *, {alike} AS written FROM ({theirs})) AS theirs USING (written)
            WHERE written <> '' GROUP BY written ORDER BY sum(pairs) DESC, written LIMIT {_SHOWN}
            """
        ).fetchall()
        first, second = [(our,) for our, _ in pairs], [(their,) for _, their in pairs]
    return Coverage(
        found.side,
        found.described,
        found.known,
        found.ids,
        found.share,
        tuple(row[0] for row in first),
        tuple(row[0] for row in second),
        writing,
    )


def _quoted(ids: tuple[str, ...]) -> str:
    return ", ".join(map(repr, ids)) if ids else "no other"
