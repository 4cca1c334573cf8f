"""Charts as SVG that uses the page's colors and so follows light and dark mode."""

import io
import re
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

# Placeholders for the page's colors: matplotlib needs some color, which is then replaced by a CSS variable.
INK, MUTED, _LINE = "#010101", "#020202", "#030303"
SERIES = ("#040404", "#050505", "#060606")
_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    _LINE: "var(--line)",
    **{colour: f"var(--series-{place})" for place, colour in enumerate(SERIES, 1)},
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "topx",
    "font.size": 9.5,
    "text.color": INK,
    "axes.labelcolor": MUTED,
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
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "ytick.major.size": 0,
}
# Small, so that its text is legible even if the page is as narrow as a phone.
SIZE = (4.8, 3.0)


@dataclass(frozen=True)
class Chart:
    """An SVG and the names of its series, in the order of the page's colors ``--series-1`` and so on."""

    svg: str
    series: list[str]


def label(axes: Any, x_label: str, y_label: str) -> None:
    """Name both axes; the vertical one begins at 0, so that heights can be compared."""
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.set_ylim(bottom=0)


def svg_of(figure: Figure, description: str) -> str:
    """The chart as an element of a page; ``description`` is the text alternative."""
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
