"""HTML composed of elements, with all text escaped: ids and titles are untrusted."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlencode

from contract.visible_text import JOINERS, MOST_SHOWN, visible
from topx.page_style import page_style

_EMPTY: Final = frozenset({"input", "meta"})
_OWN_STYLE = """
nav { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; margin-bottom: 26px; }
nav form { margin-left: auto; }
form { display: flex; flex-wrap: wrap; gap: 8px; }
input, select, button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; padding: 4px 10px; min-width: 0; max-width: 100%; }
a { color: var(--accent); }
.bad { color: var(--warn-ink); background: var(--warn-wash); }
.pair .card { min-width: 0; }
@media (max-width: 720px) { nav form { margin-left: 0; } }
"""


@dataclass(frozen=True)
class Html:
    """Markup. Anything that is not Html is text."""

    markup: str


Content = Html | str


@dataclass(frozen=True)
class Page:
    """A page; after ``refresh`` seconds the browser loads it again, or goes to the path ``onward``."""

    title: str
    body: Html
    facts: tuple[str, ...] = ()
    refresh: int | None = None
    onward: str = ""
    status: int = 200


def element(name: str, /, *content: Content, **attributes: str) -> Html:
    """An element; ``_`` in an attribute's name becomes ``-``, except at the end, as in ``class_``.

    >>> element("td", "a<b", class_="n").markup
    '<td class="n">a&lt;b</td>'
    """
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{_escaped(value)}"' for key, value in attributes.items())
    if name in _EMPTY:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{joined(content).markup}</{name}>")


def joined(content: Iterable[Content]) -> Html:
    """One after the other."""
    return Html("".join(one.markup if isinstance(one, Html) else _escaped(one) for one in content))


def _escaped(text: str) -> str:
    # Half a surrogate pair cannot be encoded; ``visible`` escapes it.
    return escape(visible(text, keep=JOINERS))


def shortened(text: str) -> str:
    """An id or a title as displayed, truncated if it is long."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text):,} characters)"


def address(path: str, /, **given: str) -> str:
    """The URL of a page.

    >>> address("/user", id="a&b/ü")
    '/user?id=a%26b%2F%C3%BC'
    """
    return f"{path}?{urlencode(given, errors='surrogatepass')}" if given else path


def link(text: Content, path: str, /, **given: str) -> Html:
    """A link to a page."""
    return element("a", text, href=address(path, **given))


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Content]],
    numbers: Iterable[int] = (),
    optional: Iterable[int] = (),
) -> Html:
    """A table in a card; the columns ``numbers`` are right-aligned, and those in ``optional`` are hidden on a phone."""
    classes: dict[int, list[str]] = {}
    for name, columns in (("n", numbers), ("optional", optional)):
        for column in columns:
            classes.setdefault(column, []).append(name)

    def row(name: str, cells: Sequence[Content]) -> Html:
        given = ({"class_": " ".join(classes[at])} if at in classes else {} for at in range(len(cells)))
        return element("tr", *(element(name, cell, **own) for cell, own in zip(cells, given, strict=True)))

    body = [row("td", cells) for cells in rows]
    above = [element("thead", row("th", head))] if any(head) else []
    return element("div", element("table", *above, element("tbody", *body)), class_="card scroll")


def document(page: Page) -> tuple[bytes, str]:
    """The whole document in UTF-8, and its Content-Security-Policy, which allows only its own style."""
    style = page_style() + _OWN_STYLE
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    head = [
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{page.title} · topx"),
        Html(f"<style>{style}</style>"),
    ]
    if page.refresh is not None:
        onward = f"; url={page.onward}" if page.onward else ""
        head.append(element("meta", http_equiv="refresh", content=f"{page.refresh}{onward}"))
    header = element(
        "header",
        element("p", "topx", class_="eyebrow"),
        element("h1", page.title),
        element("p", *(element("span", fact) for fact in page.facts), class_="facts"),
    )
    body = element("body", element("main", _navigation(), header, page.body))
    markup = f'<!DOCTYPE html>\n<html lang="en">{element("head", *head).markup}{body.markup}</html>\n'
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'"
    return markup.encode(), policy


def _navigation() -> Html:
    return element(
        "nav",
        link("Runs", "/"),
        link("Versions", "/versions"),
        element(
            "form",
            element("input", name="id", placeholder="a user's id", aria_label="a user's id", required="required"),
            element("button", "Show the list"),
            action="/user",
        ),
    )
