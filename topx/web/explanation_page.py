"""The parts of the score of one item for one user."""

from topx.actions.explain import BLOCKS, standing
from topx.deployment import Deployment
from topx.explanation import Explanation, NearItem, explanation
from topx.web.item_names import item_name
from topx.web.markup import Html, Page, element, joined, link, shortened, table

_MOST = 10


def explanation_page(deployment: Deployment, id: str, item: str) -> Page:
    """The parts of the current version's score for that user and item."""
    found = explanation(deployment, id, item, _MOST)
    parts = found.parts
    by_item = [(share.name, _signed(share.with_other), _signed(share.alone)) for share in parts.by_item]
    by_user = [(share.name, _signed(share.with_other)) for share in parts.by_user]
    body = [
        table(("part", "score"), [(text, _signed(getattr(parts, name))) for name, text in BLOCKS.items()], numbers=[1]),
        element("h2", "By the item"),
        table(("what", "this user", "anybody"), by_item, numbers=[1, 2]),
        element("h2", "By the user"),
        table(("what", "this item"), by_user, numbers=[1]),
        *_history(found),
        element("p", link("The user's list", "/user", id=id)),
    ]
    facts = (f"score {parts.score:.4f}", standing(found), f"version {found.version}")
    return Page(f"{shortened(found.item.title or item)} for user {shortened(id)}", joined(body), facts)


def _history(found: Explanation) -> list[Html]:
    if not found.nearest:
        return []
    rows = [(*_cells(near),) for near in found.nearest]
    return [element("h2", "By the user's history"), table(("item", "score", "likeness"), rows, numbers=[1, 2])]


def _cells(near: NearItem) -> tuple[Html, str, str]:
    share = "" if near.share is None else _signed(near.share)
    return item_name(near.item.id, near.item.title), share, f"{near.likeness:.2f}"


def _signed(value: float) -> str:
    return f"{value:+.4f}"
