"""A user's list next to the user's history."""

from datetime import UTC, datetime

from contract.recommendation_table import PUBLISHED, SORT_KEY
from topx.deployment import Deployment
from topx.problem import Problem
from topx.published import RecommendedList, list_for, own_list, require_version, versions
from topx.run_index import DataGone, Item, Pair, RunIndex
from topx.titles import titles_of
from topx.web.item_names import item_name
from topx.web.markup import Html, Page, element, joined, link, shortened, table

_MOST = 50
_UNSCORED = "not kept"


def user_page(deployment: Deployment, id: str, version: str | None = None) -> Page:
    """The list that readers get for the user ``id``, or that of an earlier version, and the user's history.

    Raises:
        Problem: if nothing is published, or that version has no list of the user.
    """
    current = require_version(deployment.table)
    shown = version or current
    if shown == current:
        found = list_for(deployment.table, id, _MOST, None)
    else:
        own = own_list(deployment.table, id, shown, _MOST)
        if own is None:
            raise Problem(f"version {shown} has no list for user {id!r}, or is no longer kept")
        found = own
    body = [
        element(
            "div",
            element("div", element("h3", _title(found)), _list(deployment, found, explained=shown == current)),
            element("div", element("h3", "Had before"), _history(deployment, shown, id)),
            class_="pair",
        ),
        *_others(deployment, id, shown),
    ]
    facts = (f"version {shown}", "current" if shown == current else "not current")
    return Page(f"User {shortened(id)}", joined(body), facts)


def _title(found: RecommendedList) -> str:
    return "Recommended" if found.fallback is None else "The user has no list; this is the default list"


def _list(deployment: Deployment, found: RecommendedList, *, explained: bool) -> Html:
    titles = titles_of(deployment, found.version, {item.id for item in found.items})
    rows: list[tuple[Html | str, ...]] = []
    for place, item in enumerate(found.items, start=1):
        name, score = item_name(item.id, titles.get(item.id)), _UNSCORED if item.score is None else f"{item.score:.4f}"
        why = explained and found.fallback is None
        rows.append((str(place), name, link(score, "/explain", id=found.user, item=item.id) if why else score))
    return table(("", "item", "score"), rows, numbers=[0, 2])


def _history(deployment: Deployment, version: str, user: str) -> Html:
    index = RunIndex(deployment, version)
    try:
        number = index.user(user)
        pairs = index.history(number) if number is not None else []
        items = index.items({pair.item for pair in pairs[:_MOST]})
    except DataGone as gone:
        return element("p", f"{gone}.", class_="muted")
    if not pairs:
        return element("p", "The user is not in this version's data.", class_="muted")
    more = f"The latest {_MOST} of {len(pairs):,}." if len(pairs) > _MOST else ""
    rows = [_cells(pair, items[pair.item]) for pair in pairs[:_MOST]]
    return joined([table(("item", "value", "time"), rows, numbers=[1, 2]), element("p", more, class_="muted")])


def _cells(pair: Pair, item: Item) -> tuple[Html | str, ...]:
    value = "" if pair.value is None else f"{pair.value:g}"
    return item_name(item.id, item.title), value, _day(pair.time)


def _day(time: float | None) -> str:
    """The date, if the number is a time: numbers that are an order only may have any size."""
    if time is None:
        return ""
    try:
        return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return f"{time:g}"


def _others(deployment: Deployment, user: str, shown: str) -> list[Html]:
    kept = [str(record[SORT_KEY]) for record in versions(deployment.table) if record["status"] == PUBLISHED]
    rows = [
        (
            link(other, "/user", id=user, version=other),
            link("what changed", "/difference", id=user, before=min(other, shown), after=max(other, shown)),
        )
        for other in kept
        if other != shown and own_list(deployment.table, user, other, 1)
    ]
    return [element("h2", "In other versions"), table(("", ""), rows)] if rows else []
