"""``topx explain``: the parts of a score."""

from dataclasses import asdict

from rich.table import Table

from contract.visible_text import shown_id
from topx.deployment import Deployment
from topx.explanation import Explanation, NearItem, explanation
from topx.score_parts import ScoreParts
from topx.terminal import Terminal

BLOCKS = {
    "factors": "what the model has learned about this user and this item",
    "history": "what else users with the same items have had",
    "item": "the item, for all users alike",
    "popularity": "its popularity",
}
"""By its name in ScoreParts, the meaning of each summand of the score."""


def explain(deployment: Deployment, console: Terminal, *, user: str, item: str, most: int, as_json: bool) -> int:
    """Print the parts of the score of ``item`` for ``user`` in the current version.

    Args:
        most: how many items of the user's history to name.
    """
    found = explanation(deployment, user, item, most)
    if as_json:
        console.print_document(asdict(found))
        return 0
    title = f", {shown_id(found.item.title)}" if found.item.title else ""
    console.print(f"user {shown_id(user)}, item {shown_id(item)}{title}, version {found.version}")
    console.print(f"score {found.parts.score:.4f}: {standing(found)}", soft_wrap=True)
    for title, table in (
        ("", _blocks(found.parts)),
        ("\nBy the item", _by_item(found.parts)),
        ("\nBy the user", _by_user(found.parts)),
        ("\nBy the user's history", _by_history(found.nearest)),
    ):
        if table.row_count:
            if title:
                console.print(title)
            console.print(table)
    return 0


def standing(found: Explanation) -> str:
    """The item's place in the user's list, or why it is not in it, as text."""
    if found.place is not None:
        return f"place {found.place} of the published list"
    if found.had:
        return "not in the published list, because the user had it"
    return "not in the published list"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, show_header=any(columns))
    for name in columns[:-1]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(columns[-1], overflow="fold")
    return table


def _blocks(parts: ScoreParts) -> Table:
    table = _table("", "")
    for name, meaning in BLOCKS.items():
        table.add_row(_signed(getattr(parts, name)), meaning)
    return table


def _by_item(parts: ScoreParts) -> Table:
    table = _table("this user", "anybody", "")
    for share in parts.by_item:
        table.add_row(_signed(share.with_other), _signed(share.alone), shown_id(share.name))
    return table


def _by_user(parts: ScoreParts) -> Table:
    table = _table("this item", "")
    for share in parts.by_user:
        table.add_row(_signed(share.with_other), shown_id(share.name))
    return table


def _by_history(nearest: tuple[NearItem, ...]) -> Table:
    table = _table("score", "likeness", "")
    for near in nearest:
        title = f"{near.item.title} ({near.item.id})" if near.item.title else near.item.id
        table.add_row("" if near.share is None else _signed(near.share), f"{near.likeness:.2f}", shown_id(title))
    return table


def _signed(value: float) -> str:
    return f"{value:+.4f}"
