"""The line charts of the model report: the popularity dial, the training loss, the long tail."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from containers.extract.evaluation import metrics
from containers.extract.pages.svg_figures import INK, MUTED, SERIES, SIZE, STYLE, Chart, label, svg_of
from contract.measured_documents import TrainingLosses

# A curve with this many points is smooth, for any number of items.
_RANKS = 200
_METRIC_WORDS = {"binary_classification_cross_entropy": "cross-entropy", "rmse": "RMSE"}


def dial_chart(points: Sequence[Mapping[str, float]], chosen: float, popular: Mapping[str, float]) -> Chart:
    """NDCG@10 against coverage@10, with the dial going from 0 to 1 along the curve.

    Args:
        points: ``dial`` of metrics.json, at least one.
        chosen: the run's popularity, which is one of them.
        popular: ``dial_most_popular`` of metrics.json, the limit of the curve.
    """
    coverage, ndcg = ([100 * point["coverage"] for point in points], [point["ndcg@10"] for point in points])
    with mpl.rc_context(STYLE):
        figure = Figure(SIZE, layout="constrained")
        axes = figure.subplots()
        axes.plot(coverage, ndcg, color=SERIES[0], linewidth=1.6, marker="o", markersize=3.2)
        at = [point["popularity"] for point in points].index(chosen)
        axes.plot(coverage[at], ndcg[at], color=SERIES[1], marker="o", markersize=9, linestyle="none")
        axes.plot(
            100 * popular["coverage"], popular["ndcg@10"], color=SERIES[2], marker="s", markersize=6, linestyle=""
        )
        for place in sorted({0, at, len(points) - 1}):
            strong = place == at
            axes.annotate(
                f"{points[place]['popularity']:g}",
                (coverage[place], ndcg[place]),
                textcoords="offset points",
                xytext=(0, 8 if strong else 6),
                ha="center",
                color=INK if strong else MUTED,
                fontweight="bold" if strong else "normal",
            )
        axes.margins(x=0.08, y=0.16)
        # The axis does not begin at 0: a dial changes accuracy by little, and coverage by much.
        axes.set_xlabel("coverage@10 (% of the catalogue)")
        axes.set_ylabel("NDCG@10")
        svg = svg_of(figure, "NDCG@10 against coverage for each value of popularity")
    return Chart(svg, ["popularity 0 to 1", f"chosen: {chosen:g}", "most popular"])


def loss_chart(training: TrainingLosses) -> Chart:
    """The loss after each epoch, before training, and on the test channel.

    Args:
        training: with at least one epoch.
    """
    epochs = [(epoch["epoch"], epoch["loss"]) for epoch in training["epochs"]]
    before = [] if training["untrained_loss"] is None else [(0, training["untrained_loss"])]
    series = ["training"]
    with mpl.rc_context(STYLE):
        figure = Figure(SIZE, layout="constrained")
        axes = figure.subplots()
        crowded = len(epochs) > 40
        axes.plot(
            *zip(*before, *epochs, strict=True),
            color=SERIES[0],
            linewidth=1.6,
            marker="" if crowded else "o",
            markersize=4,
        )
        if training["test_loss"] is not None:
            axes.plot(epochs[-1][0], training["test_loss"], color=SERIES[1], marker="D", markersize=6, linestyle="none")
            series.append("held out")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.margins(x=0.04, y=0.08)
        label(axes, "epoch (0: before any training)" if before else "epoch", f"loss ({loss_words(training['metric'])})")
        svg = svg_of(figure, "Training loss by epoch")
    return Chart(svg, series)


def long_tail_chart(popularity: NDArray[np.int64], recommended: NDArray[np.int32]) -> Chart:
    """The cumulative share of the interactions, and of the recommendations, that the most popular items have.

    Args:
        popularity: (items,) training interactions of each item.
        recommended: the labels in the users' top places, each as often as it is recommended.
    """
    order = np.argsort(-popularity, kind="stable")
    times = np.bincount(recommended, minlength=len(popularity))
    ranks = np.unique(np.geomspace(1, len(popularity), _RANKS).round().astype(np.int64))
    head = int(metrics.head(popularity).sum())
    with mpl.rc_context(STYLE):
        figure = Figure(SIZE, layout="constrained")
        axes = figure.subplots()
        for counts, colour in ((times, SERIES[0]), (popularity, SERIES[1])):
            held = np.cumsum(counts[order])
            axes.plot(ranks, 100 * held[ranks - 1] / max(int(held[-1]), 1), color=colour, linewidth=1.8)
        axes.axvline(head, color=MUTED, linewidth=0.9, linestyle=(0, (3, 3)))
        # On the side with space.
        side, alignment = (-5, "right") if head**2 > len(popularity) else (5, "left")
        axes.annotate(
            f"head: {head:,}",
            (head, 100),
            textcoords="offset points",
            xytext=(side, -3),
            ha=alignment,
            va="top",
            color=MUTED,
        )
        _logarithmic(axes, len(popularity))
        label(axes, "items by popularity, the most popular first", "cumulative share (%)")
        axes.set_ylim(0, 104)
        svg = svg_of(figure, "Share of interactions and of recommendations that the most popular items take together")
    return Chart(svg, ["recommendations", "interactions"])


def _logarithmic(axes: Axes, items: int) -> None:
    """Ranks from 1 to the last item, as plain numbers: matplotlib's default would be formulas."""
    axes.set_xscale("log")
    axes.set_xlim(1, max(items, 2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda rank, _: f"{rank:,.0f}"))
    axes.xaxis.set_minor_formatter(FuncFormatter(lambda _rank, _place: ""))
    axes.tick_params(axis="x", which="minor", size=0)


def loss_words(metric: str | None) -> str:
    """The name of a loss for readers; ``metric`` is the training log's, None if the log has none.

    >>> loss_words("binary_classification_cross_entropy")
    'cross-entropy'
    """
    return "unknown" if metric is None else _METRIC_WORDS.get(metric, metric)
