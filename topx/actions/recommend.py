"""``topx recommend``: a user's published list."""

from dataclasses import asdict

from rich.table import Table

from contract.visible_text import shown_id
from topx.deployment import Deployment
from topx.published import RecommendedList, list_for
from topx.terminal import Terminal
from topx.titles import titles_of


def recommend(
    deployment: Deployment,
    console: Terminal,
    *,
    user: str,
    most: int,
    as_json: bool,
    like: tuple[str, str] | None,
) -> int:
    """Print the first ``most`` items of the user's list, or of the default list, with titles, best first.

    Args:
        like: column and value of a user feature, to choose an unknown user's default list.
    """
    found = list_for(deployment.table, user, most, like)
    titles = titles_of(deployment, found.version, {item.id for item in found.items})
    if as_json:
        items = [{"id": item.id, "title": titles.get(item.id), "score": item.score} for item in found.items]
        fallback = asdict(found.fallback) if found.fallback else None
        console.print_document({"user": found.user, "version": found.version, "fallback": fallback, "items": items})
        return 0
    console.print(f"user {shown_id(found.user)}, version {found.version}")
    if found.fallback:
        console.print(_fallback_text(found), soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("item", overflow="fold")
    if titles:
        table.add_column("title", overflow="fold")
    scored = any(item.score is not None for item in found.items)
    if scored:
        table.add_column("score", justify="right")
    for place, item in enumerate(found.items, start=1):
        title = [shown_id(titles.get(item.id, ""))] if titles else []
        score = [f"{item.score:.4f}"] if scored else []
        table.add_row(str(place), shown_id(item.id), *title, *score)
    console.print(table)
    return 0


def _fallback_text(found: RecommendedList) -> str:
    fallback = found.fallback
    if fallback is None or fallback.value is None:
        return "This user has no list: this is the default list, of popular items."
    group = f"{shown_id(str(fallback.column))} {shown_id(fallback.value)}"
    return f"This user has no list: this is the default list of what is popular with {group}."
