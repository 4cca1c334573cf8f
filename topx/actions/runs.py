"""``topx runs``: the runs, how each ended, and the current version."""

from dataclasses import asdict

from rich.table import Table

from topx.deployment import Deployment
from topx.published import current_version
from topx.run_history import newest_runs
from topx.terminal import Terminal

_WIDTH = 100


def runs(deployment: Deployment, console: Terminal, *, most: int, as_json: bool) -> int:
    """Print the newest runs, newest first."""
    found = newest_runs(deployment, most)
    if as_json:
        console.print_document([asdict(run) for run in found])
        return 0
    if not found:
        console.print(f"No runs yet: {deployment.command('run', '--sample', 'movielens')}", soft_wrap=True)
        return 0
    current = current_version(deployment.table)
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption="popular: most-popular's NDCG@10",
        caption_justify="left",
    )
    for name in ("run", "status"):
        table.add_column(name, no_wrap=True)
    for name in ("seconds", "users", "items", "NDCG@10", "popular"):
        table.add_column(name, justify="right", no_wrap=True)
    for run in found:
        table.add_row(
            run.run_id,
            f"{run.status}, current" if run.run_id == current else run.status,
            _number(run.seconds, ".0f"),
            _number(run.users, ",d"),
            _number(run.items, ",d"),
            _number(run.ndcg, ".4f"),
            _number(run.most_popular_ndcg, ".4f"),
        )
    # A narrow terminal wraps lines; ids are never truncated.
    console.print(table, width=max(console.width, _WIDTH), crop=False)
    return 0


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
