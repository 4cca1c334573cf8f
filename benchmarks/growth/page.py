"""Puts the table of growth into docs/performance.md: ``python -m benchmarks.growth.page``."""

from collections.abc import Sequence

from benchmarks.growth.measured import Growth, StateCosts, read
from benchmarks.growth.slopes import slope
from benchmarks.results import PAGE
from infra.print_docs import END, put

MARK = "<!-- python -m benchmarks.growth.page -->"
# States that take less time, even in the largest run, are left out.
_SECONDS = 2.0


def documentation_table(runs: Sequence[Growth]) -> str:
    """A row for each state, with seconds and peak memory by number of users, and the slopes of the last step."""
    sizes = [f"{run['users']:,}" for run in runs]
    rows = [_row("whole run", [{"seconds": run["seconds"], "peak_bytes": run["peak_bytes"]} for run in runs], runs)]
    rows += [
        _row(state, [run["states"].get(state) for run in runs], runs)
        for state, cost in runs[-1]["states"].items()
        if cost["seconds"] >= _SECONDS
    ]
    return "\n".join(
        [
            f"| state | {' | '.join(f'{size} users' for size in sizes)} | slope of time | slope of memory |",
            f"|---|{'---|' * len(sizes)}---|---|",
            *rows,
        ]
    )


def _row(name: str, costs: Sequence[StateCosts | None], runs: Sequence[Growth]) -> str:
    cells = [f"{cost['seconds']:,.0f} s, {cost['peak_bytes'] / 1e9:.1f} GB" if cost else "" for cost in costs]
    return f"| {name} | {' | '.join(cells)} | {_slope('seconds', costs, runs)} | {_slope('peak_bytes', costs, runs)} |"


def _slope(measure: str, costs: Sequence[StateCosts | None], runs: Sequence[Growth]) -> str:
    points = [
        (float(run["users"]), float(dict(cost)[measure]))  # type: ignore[arg-type]
        for run, cost in zip(runs, costs, strict=True)
        if cost and dict(cost)[measure]
    ]
    return f"{slope(*points[-2:]):.2f}" if len(points) > 1 else ""


if __name__ == "__main__":
    put(PAGE, MARK, END, documentation_table(read()))
