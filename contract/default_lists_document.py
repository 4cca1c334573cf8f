"""default_lists.json: the lists for users without interactions in the data."""

from typing import TypedDict


class DefaultList(TypedDict):
    """A default list: for users with ``value`` of the chosen feature, or for everyone if ``value`` is None."""

    value: str | None
    users: int  # how many users it was computed from
    items: list[str]  # ids, best first
    scores: list[float]


class DefaultLists(TypedDict):
    """The list for everyone comes first; ``by`` is the column of the chosen feature, None if there is none."""

    by: str | None
    lists: list[DefaultList]
