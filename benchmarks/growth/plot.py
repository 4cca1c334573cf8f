"""Plots growth: seconds and memory of each state by number of users."""

from collections.abc import Sequence

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes

from benchmarks.growth.measured import Growth, read
from infra.print_docs import DOCS

FILE = DOCS / "growth.svg"
# The states that take the most time in the largest run.
_STATES = 7


def draw(runs: Sequence[Growth]) -> None:
    """Write docs/growth.svg."""
    largest = runs[-1]["states"]
    states = sorted(largest, key=lambda state: -largest[state]["seconds"])[:_STATES]
    users = [run["users"] for run in runs]
    figure, (times, memory) = pyplot.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    for state in states:
        found = [(run["users"], run["states"][state]) for run in runs if state in run["states"]]
        sizes = [size for size, _ in found]
        times.plot(sizes, [cost["seconds"] for _, cost in found], marker="o", label=state)
        memory.plot(sizes, [cost["peak_bytes"] / 1e9 for _, cost in found], marker="o")
    times.plot(users, [run["seconds"] for run in runs], marker="o", color="black", label="whole run")
    memory.plot(users, [run["peak_bytes"] / 1e9 for run in runs], marker="o", color="black")
    _finish(times, "seconds")
    times.set_yscale("log")
    _finish(memory, "peak memory of all processes, GB")
    memory.set_ylim(bottom=0)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(FILE, metadata={"Date": None})


def _finish(axes: Axes, title: str) -> None:
    axes.set(xscale="log", xlabel="users", title=title)
    axes.grid(which="major", alpha=0.3)


if __name__ == "__main__":
    draw(read())
