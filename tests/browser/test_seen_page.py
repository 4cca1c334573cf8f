"""The inspection finds errors in a page: each error is added to a good page."""

from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.seen_page import DESK, PHONE, see

GOOD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { --page: #ffffff; --ink: #111111; }
@media (prefers-color-scheme: dark) { :root { --page: #111111; --ink: #eeeeee; } }
body { background: var(--page); color: var(--ink); } svg { width: 100%; } .scroll { overflow-x: auto; }
</style></head><body>
<figure><h3>A line</h3><svg viewBox="0 0 400 200" role="img" aria-label="rising"><path d="M0 200L400 0" fill="none"
stroke="var(--ink)"/><text x="10" y="20" font-size="14" fill="var(--ink)">rising</text></svg></figure>
<div class="scroll"><table style="width: 900px"><tr><td>a wide table that can be moved</td></tr></table></div>
</body></html>"""

FAULTS = {
    "an error in the console": ("</body>", "<script>console.error('lost', 7)</script></body>", "error: lost 7"),
    "an exception": ("</body>", "<script>nothing.at.all</script></body>", "ReferenceError: nothing is not defined"),
    "a file that is not there": ("</body>", "<img src='gone.png'></body>", "gone.png"),
    "an empty drawing": ('d="M0 200L400 0"', 'd=""', "'A line' is not drawn"),
    "a drawing of no height": ("svg { width: 100%; }", "svg { height: 0; }", "'A line' is not drawn"),
    "a hidden drawing": ("svg { width: 100%; }", "svg { display: none; }", "'A line' is not drawn"),
    "lines without a colour": ('stroke="var(--ink)"', "", "'A line' is not drawn"),
    "a missing figure": ("<h3>A line</h3>", "<h3>Another line</h3>", "its figures are ['Another line']"),
    "letters too small": ('font-size="14"', 'font-size="5"', "has text only"),
    "letters that nobody sees": ('font-size="14" fill="var(--ink)"', 'font-size="14" fill="#333"', "hardly to be read"),
    "something that is too wide": (
        'class="scroll"',
        'class="free"',
        "pixels wide in a window of 390: ['<table> a wide",
    ),
    "a page that no phone knows of": ('name="viewport"', 'name="other"', "pixels wide in a window of 390"),
}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.html"
    file.write_text(GOOD, encoding="utf-8")
    return file


def test_a_good_page_has_no_faults(browser: Chromium, page: Path) -> None:
    phone, desk = see(browser, page, width=PHONE, scheme="dark"), see(browser, page, width=DESK, scheme="light")
    assert (phone.faults(["A line"]), desk.faults(["A line"])) == ([], [])
    assert (phone.background, desk.background) == ("rgb(17, 17, 17)", "rgb(255, 255, 255)")
    assert phone.figures[0].width < desk.figures[0].width


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(fault: str, browser: Chromium, page: Path) -> None:
    old, new, reported = FAULTS[fault]
    assert old in GOOD
    page.write_text(GOOD.replace(old, new), encoding="utf-8")
    assert reported in "; ".join(see(browser, page, width=PHONE, scheme="dark").faults(["A line"]))
