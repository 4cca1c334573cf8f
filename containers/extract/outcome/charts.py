"""The chart in the outcome page: how much of the users' lists stayed the same."""

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from containers.extract.outcome.difference import Difference
from containers.extract.pages.svg_figures import SERIES, SIZE, STYLE, Chart, label, svg_of

_BINS = 20


def overlap_chart(difference: Difference) -> Chart:
    """The histogram of overlap@x over users, in steps of 5 %; the last step includes lists that did not change at
    all.
    """
    shares, users = np.array(list(difference.overlaps)), np.array(list(difference.overlaps.values()))
    edges = np.linspace(0, 100, _BINS + 1)
    # Shares such as 0.15 are on an edge, and must not fall below it by a rounding error.
    heights = 100 * np.histogram(np.round(100 * shares, 9), edges, weights=users)[0] / users.sum()
    with mpl.rc_context(STYLE):
        figure = Figure(SIZE, layout="constrained")
        axes = figure.subplots()
        axes.bar(edges[:-1] + 2.5, heights, width=4.4, color=SERIES[0])
        axes.set_xlim(0, 100)
        label(axes, f"items that stayed, of {difference.length} (%)", "share of users (%)")
        svg = svg_of(figure, f"Overlap at {difference.length} with the previous version, over users")
    return Chart(svg, ["users"])
