"""Small charts over weeks, as SVG that uses the page's colors and so follows light and dark mode."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

# Small, so that its text is legible even if the page is as narrow as a phone.
_WIDTH, _HEIGHT = 480, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 34
_TEXT = 12.5
_MOST_LABELS = 6
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_INTERVALS = 4


@dataclass(frozen=True)
class Series:
    """One value for each week, None if there is none; ``spans`` are their intervals, if any.

    The points of the weeks in ``hollow`` are drawn as rings.
    """

    name: str
    values: Sequence[float | None]
    spans: Sequence[tuple[float, float] | None] = ()
    hollow: frozenset[int] = frozenset()

    @property
    def highest(self) -> float:
        ends = [span[1] for span in self.spans if span]
        return max([value for value in self.values if value is not None] + ends, default=0.0)


def line_chart(
    description: str, labels: Sequence[str], series: Sequence[Series], written: Callable[[float], str]
) -> str:
    """Lines from week to week, each in the page's next color, over their intervals. The vertical axis begins at 0.

    Args:
        description: the text alternative.
        labels: of the weeks, below the chart.
        written: formats a value.
    """
    frame = _Frame(len(labels), _ticks(max(one.highest for one in series)))
    drawn = [_band(frame, one, number) for number, one in enumerate(series, 1)]
    drawn += [_line(frame, one, number) for number, one in enumerate(series, 1)]
    return _svg(description, frame, labels, written, drawn)


def bar_chart(description: str, labels: Sequence[str], bars: Series, written: Callable[[float], str]) -> str:
    """One bar a week, in the page's first color."""
    frame = _Frame(len(labels), _ticks(bars.highest))
    width = min(34.0, 0.7 * frame.step)
    drawn = [
        f'<rect x="{frame.x(week) - width / 2:.1f}" y="{frame.y(value):.1f}" width="{width:.1f}" '
        f'height="{frame.y(0) - frame.y(value):.1f}" fill="var(--series-1)"/>'
        for week, value in enumerate(bars.values)
        if value
    ]
    return _svg(description, frame, labels, written, drawn)


@dataclass(frozen=True)
class _Frame:
    """The coordinates of weeks and values in the drawing."""

    weeks: int
    ticks: Sequence[float]

    @property
    def step(self) -> float:
        return (_WIDTH - _LEFT - _RIGHT) / self.weeks

    def x(self, week: int) -> float:
        return _LEFT + (week + 0.5) * self.step

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self.ticks[-1] * (_HEIGHT - _TOP - _BOTTOM)

    def point(self, week: int, value: float) -> str:
        return f"{self.x(week):.1f} {self.y(value):.1f}"


def _ticks(highest: float) -> list[float]:
    """Round heights from 0 to ``highest`` or a little above.

    >>> _ticks(0.13)
    [0.0, 0.05, 0.1, 0.15]
    >>> _ticks(0)
    [0.0, 1.0]
    """
    if highest <= 0:
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(highest / _INTERVALS))
    step = next(step * power for step in _STEPS if step * power * _INTERVALS >= highest * (1 - 1e-9))
    return [round(number * step, 12) for number in range(math.ceil(highest / step - 1e-9) + 1)]


def _stretches(present: Sequence[bool]) -> list[range]:
    """Runs of weeks without a gap.

    >>> _stretches([True, True, False, True])
    [range(0, 2), range(3, 4)]
    """
    found: list[range] = []
    for week, there in enumerate(present):
        if there and found and found[-1].stop == week:
            found[-1] = range(found[-1].start, week + 1)
        elif there:
            found.append(range(week, week + 1))
    return found


def _band(frame: _Frame, series: Series, number: int) -> str:
    paths = []
    spans = list(series.spans)
    for weeks in _stretches([span is not None for span in spans]):
        ends = [(week, span) for week in weeks if (span := spans[week]) is not None]
        around = [frame.point(week, high) for week, (_, high) in ends]
        around += [frame.point(week, low) for week, (low, _) in reversed(ends)]
        paths.append(f"M{'L'.join(around)}Z")
    return f'<path d="{"".join(paths)}" fill="var(--series-{number})" fill-opacity="0.14"/>' if paths else ""


def _line(frame: _Frame, series: Series, number: int) -> str:
    paths = []
    for weeks in _stretches([value is not None for value in series.values]):
        points = [frame.point(week, value) for week in weeks if (value := series.values[week]) is not None]
        paths.append(f"M{'L'.join(points)}")
    colour = f"var(--series-{number})"
    drawn = f'<path d="{"".join(paths)}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'
    for week, value in enumerate(series.values):
        if value is not None:
            inside = "var(--card)" if week in series.hollow else colour
            drawn += (
                f'<circle cx="{frame.x(week):.1f}" cy="{frame.y(value):.1f}" r="3.6" fill="{inside}" '
                f'stroke="{colour}" stroke-width="2"/>'
            )
    return drawn


def _svg(
    description: str,
    frame: _Frame,
    labels: Sequence[str],
    written: Callable[[float], str],
    drawn: Sequence[str],
) -> str:
    grid = [
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{frame.y(tick):.1f}" y2="{frame.y(tick):.1f}" '
        'stroke="var(--line)"/>' + _label(_LEFT - 8, frame.y(tick) + 4, written(tick), "end")
        for tick in frame.ticks
    ]
    every = math.ceil(len(labels) / _MOST_LABELS)
    # Counted from the last week, which readers look at most.
    weeks = [
        _label(frame.x(week), _HEIGHT - _BOTTOM + 20, label, "middle")
        for week, label in enumerate(labels)
        if (len(labels) - 1 - week) % every == 0
    ]
    return (
        f'<svg role="img" aria-label="{escape(description)}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-size="{_TEXT}">{"".join([*grid, *weeks, *drawn])}</svg>'
    )


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="var(--muted)">{escape(text)}</text>'
