"""The parts of a run: what extract passes to the loader for each user vector file.

``parts.json`` is an array of entries (the items of the Distributed Map). A part's own file is JSON lines, gzipped: a
header, then one line for each user in the row order of ``vectors/users/<part>.pbr``. ``item_ids.jsonl.gz`` has one JSON
string in each line; an item's label is its line number, from 0.

The loader checks each list with the vectors in ``vectors/proofs/``, little-endian float32 without a header:
``<part>.f32`` has the part's user rows; ``items.f32`` has an int32 label for each of its items, ascending, and then
their rows. The row of an item that no list may contain is NaN.
"""

from typing import NotRequired, TypedDict


class Hashes(TypedDict):
    """SHA-256, in hexadecimal, of the files that a part's lists are made from."""

    part: str  # parts/<part>.jsonl.gz
    rows: str  # vectors/proofs/<part>.f32
    item_ids: str
    item_rows: str  # vectors/proofs/items.f32
    default_lists: str
    plan: str  # as read by extract
    summary: str  # as read by extract


class PartEntry(TypedDict):
    """One element of parts.json: the users' rows ``first`` to ``first + users - 1`` of the index."""

    part: str  # contract.run_plan.part_name
    first: int
    users: int  # rows of the part, and table items to write
    sha256: Hashes


class Probe(TypedDict):
    """A row with known nearest neighbours: k labels, best first, and their inner products."""

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
    servable: int  # how many of them lists may contain
    limited: bool  # whether items of one category are limited; if so, all lists are exact and may be shorter
    k: int
    width: int  # numbers in a user's or an item's row
    probes: list[Probe]


class ExactList(TypedDict):
    """A list that extract ranked itself: labels and scores, best first, without seen items."""

    labels: list[int]
    scores: list[float]


class PartUser(TypedDict):
    """One line for each user. ``seen`` is sorted: the seen items to leave out of the list, as far as lists may contain
    them.
    """

    user: str
    seen: list[int]
    exact: NotRequired[ExactList]


class Receipt(TypedDict):
    """``loaded/<part>.json``: what the loader has written for a part. More fields may follow."""

    part: str
    users: int  # lists made, including empty ones; must equal the manifest's count
    entry: PartEntry  # the entry of parts.json that the loader was given; its files are verified
    recommendations: str  # SHA-256 of the part's archive
    short: int  # lists with fewer than top_x items
    short_because: dict[str, int]  # how many of them for each reason (lambdas.loading.user_lists.SHORT)
    empty: int  # users without an item to recommend: the table has no list for them


class PublishedList(TypedDict):
    """One line of ``recommendations/<part>.jsonl.gz``: a user's list in the table, best first.

    A user without items in this file has no list in the table, so readers fall back to the default list.
    """

    user: str
    items: list[str]
    scores: list[float]
