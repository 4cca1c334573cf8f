"""The weeks as a table on the terminal."""

from collections.abc import Sequence

from rich.table import Table

from topx.simulation.week import Measured, Week

NOTE = (
    "NDCG@10: the model and most-popular on all that is held out; the champion and the model beside it on what of that "
    "is later than the champion's data."
)
_COLUMNS = (
    "week until", "users", "items", "new", "model", "popular", "champion", "model", "overlap", "outcome", "seconds"
)  # fmt: skip
_NONE = "-"


def week_table(weeks: Sequence[Week]) -> Table:
    """One row a week."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name in ("week until", "outcome") else "right", no_wrap=True)
    for week in weeks:
        popular, champion = week.popular, week.champion
        table.add_row(
            week.until,
            _count(week.users),
            _count(week.items),
            _count(week.new_items),
            _ndcg(popular.model if popular else None),
            _ndcg(popular.other if popular else None),
            _ndcg(champion.other if champion else None),
            _ndcg(champion.model if champion else None),
            _NONE if week.overlap is None else f"{week.overlap:.1%}",
            f"{week.status}: {week.why}" if week.why else week.status,
            _NONE if week.seconds is None else f"{week.seconds:.0f}",
        )
    return table


def _count(number: int | None) -> str:
    return _NONE if number is None else f"{number:,}"


def _ndcg(measured: Measured | None) -> str:
    return _NONE if measured is None else f"{measured.value:.4f}"
