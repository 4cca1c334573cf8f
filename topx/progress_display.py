"""Shows progress on a terminal, redrawn in place, or as plain lines without a terminal."""

from collections.abc import Iterable

from rich.live import Live
from rich.table import Table

from contract.visible_text import visible
from topx.execution import Snapshot
from topx.progress import DONE, FAILED, RUNNING, Row
from topx.terminal import Terminal

# Plain lines cannot be redrawn, so there must not be one for each poll.
_SECONDS_BETWEEN = 10.0
_STYLES = {DONE: "green", RUNNING: "bold yellow", FAILED: "bold red"}


def show(console: Terminal, looks: Iterable[tuple[Snapshot, list[Row]]]) -> Snapshot:
    """Show each snapshot of an execution as it comes; returns the last one."""
    return _show_live(console, looks) if console.is_terminal else _show_lines(console, looks)


def _show_live(console: Terminal, looks: Iterable[tuple[Snapshot, list[Row]]]) -> Snapshot:
    last: Snapshot | None = None
    with Live(console=console, auto_refresh=False) as live:
        for execution, rows in looks:
            last = execution
            live.update(_table(rows), refresh=True)
    return _ended(last)


def _show_lines(console: Terminal, looks: Iterable[tuple[Snapshot, list[Row]]]) -> Snapshot:
    last: Snapshot | None = None
    text: set[tuple[str, str, str]] = set()
    shown: dict[str, float] = {}
    for execution, rows in looks:
        last = execution
        for row in rows:
            line = (row.state, row.status, row.detail)
            if row.seconds is None or line in text or (row.status == RUNNING and not row.detail):
                continue
            if row.status == RUNNING and row.seconds < shown.get(row.state, -_SECONDS_BETWEEN) + _SECONDS_BETWEEN:
                continue
            text.add(line)
            shown[row.state] = row.seconds
            detail = f"  {row.detail}" if row.detail else ""
            console.print(f"{row.status:8} {row.seconds:7.1f} s  {visible(row.state)}{visible(detail)}", soft_wrap=True)
    return _ended(last)


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(min_width=28)
    table.add_column(min_width=11)
    table.add_column(justify="right", min_width=9)
    table.add_column()
    for row in rows:
        style = _STYLES.get(row.status, "dim")
        seconds = "" if row.seconds is None else f"{row.seconds:.1f} s"
        table.add_row(visible(row.state), row.status, seconds, visible(row.detail), style=style)
    return table


def _ended(last: Snapshot | None) -> Snapshot:
    if last is None:
        raise ValueError("an execution is looked at once at least")
    return last
