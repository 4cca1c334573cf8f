"""The weeks as a table on the terminal."""

from collections.abc import Sequence

from rich.table import Table

from topx.simulation.week import Measured, Week

NOTE = (
    "new: items that no week before had. NDCG@10: model and popular on all held-out interactions; later (the model) "
    "and champion on those newer than the champion's data. overlap: with the previous version."
)
_COLUMNS = ("until", "users", "new", "model", "popular", "later", "champion", "overlap", "outcome")
_NONE = "-"


def week_table(weeks: Sequence[Week]) -> Table:
    """One row a week."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in _COLUMNS:
        words = name in ("until", "outcome")
        table.add_column(name, justify="left" if words else "right", no_wrap=name != "outcome")
    for week in weeks:
        popular, champion = week.popular, week.champion
        table.add_row(
            week.until,
            _count(week.users),
            _count(week.new_items),
            _ndcg(popular.model if popular else None),
            _ndcg(popular.other if popular else None),
            _ndcg(champion.model if champion else None),
            _ndcg(champion.other if champion else None),
            _NONE if week.overlap is None else f"{week.overlap:.1%}",
            f"{week.status}: {week.why}" if week.why else week.status,
        )
    return table


def _count(number: int | None) -> str:
    return _NONE if number is None else f"{number:,}"


def _ndcg(measured: Measured | None) -> str:
    return _NONE if measured is None else f"{measured.value:.4f}"
