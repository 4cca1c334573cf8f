"""A run's parts: what extract tells the loader about each file of users.

``parts.json`` is an array of entries (the Distributed Map's items). A part's own file is JSON
lines, gzipped: a header, then one line for each user in the row order of ``vectors/users/<part>.pbr``.
``item_ids.jsonl.gz`` has one JSON string a line; an item's label is its line number, from 0.
"""

from typing import NotRequired, TypedDict


class PartEntry(TypedDict):
    """One element of parts.json."""

    part: str  # contract.run_plan.part_name
    users: int  # rows of the part, and items it will write


class Probe(TypedDict):
    """A row whose true neighbours are known: k labels, best first, and their inner products."""

    row: int
    labels: list[int]
    scores: list[float]


class PartHeader(TypedDict):
    """The first line of a part's file."""

    part: str
    run_id: str
    users: int
    items: int  # size of the catalogue
    servable: int  # how many of them lists may hold
    limited: bool  # whether a list holds only so many of a category; then every list is exact, and may be shorter
    k: int
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
    short: NotRequired[int]  # lists with fewer than top_x items
    short_because: NotRequired[dict[str, int]]  # how many of them for which reason: lambdas.user_lists.SHORT
    empty: NotRequired[int]  # users without an item to recommend: the table has no list of theirs


class PublishedList(TypedDict):
    """One line of ``recommendations/<part>.jsonl.gz``: what the table holds for one user, best first.

    Who has no items there has no list in the table, so that readers fall back to the list for unknown users.
    """

    user: str
    items: list[str]
    scores: list[float]
