"""default_lists.json: the lists for users that the data does not know."""

from typing import TypedDict


class DefaultList(TypedDict):
    """The list of some users' taste: those with ``value`` of the chosen feature, or everybody's where it is None."""

    value: str | None
    users: int  # how many it is of
    items: list[str]  # ids, best first
    scores: list[float]


class DefaultLists(TypedDict):
    """Everybody's list first; ``by`` is the column of the chosen feature, None where there is none."""

    by: str | None
    lists: list[DefaultList]
