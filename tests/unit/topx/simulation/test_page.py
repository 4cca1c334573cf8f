"""The page of a simulation in a browser."""

import re
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.seen_page import DESK, PHONE, Scheme, see
from tests.unit.topx.simulation.weeks import weeks
from topx.simulation.page import drawing

FIGURES = [
    "Model and most-popular",
    "Model and champion",
    "Overlap with the previous version",
    "Users",
    "New items",
    "New interactions",
]


@pytest.mark.parametrize("number", [1, 8, 52])
@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_it_can_be_read_at_a_desk_and_on_a_phone(
    number: int, width: int, scheme: Scheme, browser: Chromium, tmp_path: Path
) -> None:
    page = tmp_path / "simulation.html"
    page.write_text(drawing("<board> & co", number, 7, {"top_x": 20}, weeks(number)), encoding="utf-8")
    assert see(browser, page, width=width, scheme=scheme).faults(FIGURES) == []


def test_what_was_not_published_and_not_run_is_said_above() -> None:
    page = drawing("<board> & co", 8, 7, {}, weeks(6))
    assert re.findall(r"<li>([^<]*)</li>", page) == [
        "Until 11 January 2026: refused, champion.",
        "6 of 8 weeks were run.",
    ]
    assert "&lt;board&gt; &amp; co, 6 weeks" in page
    assert "<board>" not in page


def test_a_week_that_published_nothing_is_a_ring_in_the_models_lines_only() -> None:
    assert drawing("board", 6, 7, {}, weeks(6)).count('fill="var(--card)"') == 2
    assert 'fill="var(--card)"' not in drawing("board", 4, 7, {}, weeks(4))


def test_a_ratio_beyond_noise_is_in_colour() -> None:
    page = drawing("board", 3, 7, {}, weeks(3))
    (third,) = re.findall(r"<tr><th scope=\"row\">28 Dec</th>(.*?)</tr>", page)
    cells = re.findall(r"<td class=\"n\">(.*?)</td>", third)
    assert cells == [
        "102", "20", "0.1220", "0.0800", '<span class="differs">1.52</span>', "0.1000", "0.1020", "0.98", "62.5%",
        "published",
    ]  # fmt: skip
