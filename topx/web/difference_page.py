"""The changes of a user's list from one version to another."""

from topx.deployment import Deployment
from topx.problem import Problem
from topx.published import Recommended, own_list
from topx.titles import titles_of
from topx.web.item_names import item_name
from topx.web.markup import Html, Page, element, link, shortened, table

_NONE = element("p", "The user has no list.", class_="muted")


def difference_page(deployment: Deployment, id: str, before: str, after: str) -> Page:
    """Both versions' lists of the user ``id`` side by side.

    Raises:
        Problem: if neither has a list of the user.
    """
    old, new = (_items(deployment, id, version) for version in (before, after))
    if not old and not new:
        raise Problem(f"neither version {before} nor {after} has a list for user {id!r}, or they are no longer kept")
    places = [{item.id: place for place, item in enumerate(items, start=1)} for items in (old, new)]
    same = len(places[0].keys() & places[1].keys())
    columns = []
    for version, items, other, absent in ((before, old, "after", "gone"), (after, new, "before", "new")):
        heading = element("h3", link(version, "/user", id=id, version=version))
        rows = _rows(deployment, version, items, places[other == "after"], absent)
        shown = table(("", "item", other), rows, numbers=[0, 2]) if rows else _NONE
        columns.append(element("div", heading, shown))
    facts = (f"{same} of {max(len(old), len(new))} items in both",)
    return Page(f"User {shortened(id)}, two versions", element("div", *columns, class_="pair"), facts)


def _items(deployment: Deployment, user: str, version: str) -> list[Recommended]:
    found = own_list(deployment.table, user, version)
    return found.items if found else []


def _rows(
    deployment: Deployment, version: str, items: list[Recommended], elsewhere: dict[str, int], absent: str
) -> list[tuple[Html | str, ...]]:
    titles = titles_of(deployment, version, {item.id for item in items})
    return [
        (str(place), item_name(item.id, titles.get(item.id)), _mark(place, elsewhere.get(item.id), absent))
        for place, item in enumerate(items, start=1)
    ]


def _mark(place: int, other: int | None, absent: str) -> Html | str:
    if other is None:
        return element("span", absent, class_="mark")
    return "same" if other == place else f"place {other}"
