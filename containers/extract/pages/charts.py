"""The charts of the model report."""

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from containers.extract.lists.ranking import NO_ITEM, Ranking
from containers.extract.pages.svg_figures import SERIES, SIZE, STYLE, Chart, label, svg_of

_RANKS = (1, 10, 100)
_BINS = 40
_MOST_GROUPS = 10


@dataclass(frozen=True)
class PopularityGroups:
    """Items grouped by training interactions: group n is from ``lowest[n]`` up to, but not including, ``lowest[n +
    1]``.
    """

    lowest: list[int]
    labels: list[str]

    def of(self, popularity: NDArray[np.int64]) -> NDArray[np.int64]:
        """The group of each number of interactions."""
        return np.searchsorted(self.lowest, popularity, side="right") - 1


def popularity_groups(most: int) -> PopularityGroups:
    """Groups 0, 1, and then powers of 2, or of a larger number if there would be too many groups.

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
    """The distribution over users of the published score of the item at rank 1, 10 and 100."""
    length = ranking.labels.shape[1]
    ranks = sorted({min(rank, length) for rank in _RANKS})
    scores = {rank: ranking.scores[ranking.labels[:, rank - 1] != NO_ITEM, rank - 1] for rank in ranks}
    scores = {rank: values for rank, values in scores.items() if len(values)}
    edges = np.histogram_bin_edges(np.concatenate([np.zeros(0), *scores.values()]), _BINS)
    with mpl.rc_context(STYLE):
        figure = Figure(SIZE, layout="constrained")
        axes = figure.subplots()
        for values, colour in zip(scores.values(), SERIES, strict=False):
            shares = 100 * np.histogram(values, edges)[0] / len(values)
            axes.stairs(shares, edges, color=colour, fill=True, alpha=0.14)
            axes.stairs(shares, edges, color=colour, linewidth=1.4)
        label(axes, "score (no unit)", "share of users (%)")
        svg = svg_of(figure, "Distribution of the score at several ranks")
    return Chart(svg, [f"rank {rank}" for rank in scores])


def popularity_chart(popularity: NDArray[np.int64], recommended: NDArray[np.int32]) -> Chart:
    """The distribution of interactions and recommendations over the items' popularity.

    Args:
        popularity: (items,) training interactions of each item.
        recommended: the labels in the users' top places, each as often as it is recommended.
    """
    groups = popularity_groups(int(popularity.max()))
    group_of = groups.of(popularity)
    shares = {
        "recommendations": np.bincount(recommended, minlength=len(popularity)).astype(np.float64),
        "interactions": popularity.astype(np.float64),
        "catalogue": np.ones(len(popularity)),
    }
    with mpl.rc_context(STYLE):
        figure = Figure(SIZE, layout="constrained")
        axes = figure.subplots()
        width = 0.27
        for place, (weights, colour) in enumerate(zip(shares.values(), SERIES, strict=True)):
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
        label(axes, "training interactions of the item", "share (%)")
        svg = svg_of(figure, "Popularity of recommended items compared with the catalogue")
    return Chart(svg, list(shares))
