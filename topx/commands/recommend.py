"""``topx recommend``: a user's published list."""

import json

from rich.console import Console
from rich.table import Table

from topx.deployment import Deployment
from topx.published import list_of


def recommend(deployment: Deployment, console: Console, *, user: str, most: int, as_json: bool) -> int:
    """Print the first ``most`` items of the user's list, best first."""
    found = list_of(deployment.table, user, most)
    if as_json:
        items = [{"id": item.id, "score": item.score} for item in found.items]
        print(json.dumps({"user": found.user, "version": found.version, "items": items}, ensure_ascii=False))
        return 0
    console.print(f"user {found.user}, version {found.version}", highlight=False, markup=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("item")
    table.add_column("score", justify="right")
    for place, item in enumerate(found.items, start=1):
        table.add_row(str(place), item.id, f"{item.score:.4f}")
    console.print(table, markup=False)
    return 0
