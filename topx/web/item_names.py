"""How an item is named on a page."""

from topx.web.markup import Html, element, joined, shortened


def item_name(item: str, title: str | None) -> Html:
    """The title and the id, or the id alone."""
    if not title:
        return element("span", shortened(item))
    return joined([f"{shortened(title)} ", element("small", shortened(item))])
