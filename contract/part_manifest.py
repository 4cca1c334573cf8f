"""A run's parts: what extract tells the loader about each file of users.

``parts.json`` is an array of entries (the Distributed Map's items). A part's own file is JSON
lines, gzipped: a header, then one line for each user in the row order of ``vectors/users/<part>.pbr``.
``item_ids.jsonl.gz`` has one JSON string a line; an item's label is its line number, from 0.

The vectors by which the loader checks each list lie under ``vectors/proofs/``, as little-endian float32 without any
header: ``<part>.f32`` has the part's user rows, ``items.f32`` an int32 label for each of its items, ascending, and
then their rows. The row of an item that no list may hold is NaN.
"""

from typing import NotRequired, TypedDict


class Hashes(TypedDict):
    """SHA-256 of the files that a part's lists are made from, in hexadecimal."""

    part: str  # parts/<part>.jsonl.gz
    rows: str  # vectors/proofs/<part>.f32
    item_ids: str
    item_rows: str  # vectors/proofs/items.f32
    default_lists: str
    plan: str  # as extract read it
    summary: str  # likewise


class PartEntry(TypedDict):
    """One element of parts.json: the users' rows ``first`` to ``first + users - 1`` of the index."""

    part: str  # contract.run_plan.part_name
    first: int
    users: int  # rows of the part, and items it will write
    sha256: Hashes


class Probe(TypedDict):
    """A row whose true neighbours are known: k labels, best first, and their inner products."""

    row: int
    labels: list[int]
    scores: list[float]


class PartHeader(TypedDict):
    """The first line of a part's file."""

    part: str
    run_id: str
    first: int
    users: int
    items: int  # size of the catalogue
    servable: int  # how many of them lists may hold
    limited: bool  # whether a list holds only so many of a category; then every list is exact, and may be shorter
    k: int
    width: int  # numbers in a user's or an item's row
    probes: list[Probe]


class ExactList(TypedDict):
    """A list that extract ranked itself: labels and scores, best first, seen items left out."""

    labels: list[int]
    scores: list[float]


class PartUser(TypedDict):
    """One line for each user. ``seen`` is sorted: the items that the list leaves out, among those it might hold."""

    user: str
    seen: list[int]
    exact: NotRequired[ExactList]


class Receipt(TypedDict):
    """``loaded/<part>.json``: what the loader has written of a part. More fields may follow."""

    part: str
    users: int  # lists made, the empty ones too, which must equal the manifest's
    entry: PartEntry  # of parts.json as the loader was given it, whose files it has verified
    recommendations: str  # SHA-256 of the part's archive
    short: int  # lists with fewer than top_x items
    short_because: dict[str, int]  # how many of them for which reason: lambdas.loading.user_lists.SHORT
    empty: int  # users without an item to recommend: the table has no list of theirs


class PublishedList(TypedDict):
    """One line of ``recommendations/<part>.jsonl.gz``: what the table holds for one user, best first.

    Who has no items there has no list in the table, so that readers fall back to the list for unknown users.
    """

    user: str
    items: list[str]
    scores: list[float]
