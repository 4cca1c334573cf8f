"""The report's figures, as SVG that takes its colours from the page and so follows light and dark."""

import io
import re
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from containers.extract.ranking import NO_ITEM, Ranking

# Stand-ins for the page's colours: matplotlib must be given some colour, the page's variables replace it.
_INK, _MUTED, _LINE = "#010101", "#020202", "#030303"
_SERIES = ("#040404", "#050505", "#060606")
_VARIABLES = {
    _INK: "var(--ink)",
    _MUTED: "var(--muted)",
    _LINE: "var(--line)",
    **{colour: f"var(--series-{place})" for place, colour in enumerate(_SERIES, 1)},
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "topx",
    "font.size": 9.5,
    "text.color": _INK,
    "axes.labelcolor": _MUTED,
    "axes.edgecolor": _LINE,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": _LINE,
    "grid.linewidth": 0.8,
    "xtick.color": _LINE,
    "ytick.color": _LINE,
    "xtick.labelcolor": _MUTED,
    "ytick.labelcolor": _MUTED,
    "ytick.major.size": 0,
}
# Small, so that its text is still of a readable size when the page is as narrow as a phone.
_SIZE = (4.8, 3.0)
_RANKS = (1, 10, 100)
_BINS = 40
_MOST_GROUPS = 10


@dataclass(frozen=True)
class Chart:
    """An SVG and the names of its series, in the order of the page's colours ``--series-1`` and on."""

    svg: str
    series: list[str]


@dataclass(frozen=True)
class PopularityGroups:
    """Items grouped by training interactions: group n is from ``lowest[n]`` to before ``lowest[n + 1]``."""

    lowest: list[int]
    labels: list[str]

    def of(self, popularity: NDArray[np.int64]) -> NDArray[np.int64]:
        """The group of each number of interactions."""
        return np.searchsorted(self.lowest, popularity, side="right") - 1


def popularity_groups(most: int) -> PopularityGroups:
    """Groups 0, 1, and then by powers of 2, or of a larger number if that would make too many.

    >>> popularity_groups(9).labels
    ['0', '1', '2–3', '4–7', '8–9']
    """
    base, lowest = 2, [0, 1]
    while True:
        edges = lowest.copy()
        while edges[-1] * base <= most:
            edges.append(edges[-1] * base)
        if len(edges) <= _MOST_GROUPS:
            break
        base += 1
    highest = [edge - 1 for edge in edges[1:]] + [max(most, edges[-1])]
    labels = [f"{low:,}" if low == high else f"{low:,}–{high:,}" for low, high in zip(edges, highest, strict=True)]
    return PopularityGroups(edges, labels)


def score_chart(ranking: Ranking) -> Chart:
    """How the served score of the item at rank 1, 10 and 100 is spread over the users."""
    length = ranking.labels.shape[1]
    ranks = sorted({min(rank, length) for rank in _RANKS})
    scores = {rank: ranking.scores[ranking.labels[:, rank - 1] != NO_ITEM, rank - 1] for rank in ranks}
    scores = {rank: values for rank, values in scores.items() if len(values)}
    edges = np.histogram_bin_edges(np.concatenate([np.zeros(0), *scores.values()]), _BINS)
    with mpl.rc_context(_STYLE):
        figure = Figure(_SIZE, layout="constrained")
        axes = figure.subplots()
        for values, colour in zip(scores.values(), _SERIES, strict=False):
            shares = 100 * np.histogram(values, edges)[0] / len(values)
            axes.stairs(shares, edges, color=colour, fill=True, alpha=0.14)
            axes.stairs(shares, edges, color=colour, linewidth=1.4)
        _finish(axes, "served score (no unit)", "share of users (%)")
        svg = _svg(figure, "Distribution of the served score at several ranks")
    return Chart(svg, [f"rank {rank}" for rank in scores])


def popularity_chart(popularity: NDArray[np.int64], recommended: NDArray[np.int32]) -> Chart:
    """Where in the catalogue's popularity the interactions lie, and where the recommendations.

    Args:
        popularity: (items,) training interactions of each item.
        recommended: the labels in the users' first places, each as often as it is recommended.
    """
    groups = popularity_groups(int(popularity.max()))
    group_of = groups.of(popularity)
    shares = {
        "recommendations": np.bincount(recommended, minlength=len(popularity)).astype(np.float64),
        "interactions": popularity.astype(np.float64),
        "catalogue": np.ones(len(popularity)),
    }
    with mpl.rc_context(_STYLE):
        figure = Figure(_SIZE, layout="constrained")
        axes = figure.subplots()
        width = 0.27
        for place, (weights, colour) in enumerate(zip(shares.values(), _SERIES, strict=True)):
            heights = np.bincount(group_of, weights, len(groups.labels))
            heights = 100 * heights / max(heights.sum(), 1)
            axes.bar(np.arange(len(heights)) + (place - 1) * width, heights, width * 0.92, color=colour)
        crowded = len(groups.labels) > 6
        axes.set_xticks(
            np.arange(len(groups.labels)),
            groups.labels,
            rotation=35 if crowded else 0,
            ha="right" if crowded else "center",
            rotation_mode="anchor" if crowded else "default",
        )
        _finish(axes, "training interactions of the item", "share (%)")
        svg = _svg(figure, "Popularity of recommended items beside the catalogue's")
    return Chart(svg, list(shares))


def _finish(axes: Any, x_label: str, y_label: str) -> None:
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.set_ylim(bottom=0)


def _svg(figure: Figure, description: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="(figure|axes|patch|text|xtick|ytick|line2d|matplotlib\.axis|legend)_\d+"', "", svg)
    svg = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1
    )
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{description}"', 1)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    return svg
