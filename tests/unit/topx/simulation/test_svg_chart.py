"""Charts: the positions of values."""

import doctest
import re

from topx.simulation import published_lists, svg_chart
from topx.simulation.svg_chart import Series, bar_chart, line_chart


def test_the_examples_are_true() -> None:
    assert doctest.testmod(svg_chart).failed == doctest.testmod(published_lists).failed == 0
    assert doctest.testmod(svg_chart).attempted > 2


def test_heights_are_proportional_and_begin_at_0() -> None:
    svg = bar_chart("b", ["a", "b", "c"], Series("", [10.0, 5.0, None]), str)
    first, second = [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', svg)]
    assert first == 2 * second
    floor = [
        float(y) + float(height) for y, height in re.findall(r'<rect [^>]*y="([\d.]+)"[^>]*height="([\d.]+)"', svg)
    ]
    bottom = max(float(y) for y in re.findall(r'<line [^>]*y1="([\d.]+)"', svg))
    assert floor == [bottom, bottom]


def test_a_line_breaks_where_a_value_is_missing_and_its_band_with_it() -> None:
    values = [1.0, 2.0, None, 3.0]
    spans = [(value - 1, value + 1) if value else None for value in values]
    svg = line_chart("l", list("abcd"), [Series("", values, spans)], str)
    band, line = re.findall(r'<path d="([^"]*)"', svg)
    assert [len(part.split("L")) for part in line.split("M")[1:]] == [2, 1]
    assert [len(part.split("L")) for part in band.split("M")[1:]] == [4, 2]
    assert svg.count("<circle") == 3


def test_of_many_weeks_some_are_named_and_the_last_always() -> None:
    labels = [f"week {number}" for number in range(52)]
    named = re.findall(r">(week \d+)<", line_chart("l", labels, [Series("", [1.0] * 52)], str))
    assert len(named) <= 6
    assert named[-1] == "week 51"
