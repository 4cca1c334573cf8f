"""Inspects a page at a width and in a color scheme, and finds what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.browser.chromium import Chromium, Tab

Scheme = Literal["light", "dark"]
PHONE, DESK = 390, 1200
_HEIGHT = 900
# Web Content Accessibility Guidelines 2.2, 1.4.3 (AA).
_CONTRAST = 4.5
# Below this, a chart that was scaled down with its text is illegible.
_SMALLEST_TEXT = 8.0

_PROBE = Path(__file__).with_name("probe.js")


@dataclass(frozen=True)
class Figure:
    """A ``<figure>``: its heading, the size of its drawing in pixels, and the number of visible marks."""

    title: str
    width: float
    height: float
    marks: int
    smallest_text: float


@dataclass(frozen=True)
class SeenPage:
    """An inspected page.

    ``said`` is the console output, ``asked_for`` every URL that it loaded besides its own, ``too_wide`` the elements
    outside the window, ``contrasts`` the contrast of each text with its background (1 to 21).
    """

    width: int
    said: list[str]
    asked_for: list[str]
    figures: list[Figure]
    scroll_width: int
    too_wide: list[str]
    contrasts: list[tuple[str, float]]
    background: str

    def faults(self, figures: Sequence[str]) -> list[str]:
        """What is wrong with the page, as text; ``figures`` are the headings of the required charts, in order."""
        found = [*self.said, *(f"loads {address}" for address in self.asked_for)]
        titles = [figure.title for figure in self.figures]
        if titles != list(figures):
            found.append(f"its figures are {titles}, not {list(figures)}")
        for figure in self.figures:
            if min(figure.width, figure.height) < 1 or not figure.marks:
                found.append(f"{figure.title!r} is not drawn: {figure}")
            elif figure.smallest_text < _SMALLEST_TEXT:
                found.append(f"{figure.title!r} has text only {figure.smallest_text:.1f} pixels high")
        if self.scroll_width > self.width:
            found.append(f"it is {self.scroll_width} pixels wide in a window of {self.width}: {self.too_wide[:5]}")
        faint = [f"{text} (contrast {contrast:.1f})" for text, contrast in self.contrasts if contrast < _CONTRAST]
        found += [f"hardly to be read: {text}" for text in faint]
        return found


def see(browser: Chromium, page: Path | str, *, width: int, scheme: Scheme) -> SeenPage:
    """Open a file or a URL on a phone (``PHONE``) or a desktop (``DESK``), in light or dark mode."""
    url = page if isinstance(page, str) else page.as_uri()
    with browser.tab() as tab:
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.ask(f"{domain}.enable")
        tab.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=_HEIGHT,
            deviceScaleFactor=1,
            mobile=width == PHONE,
        )
        tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        tab.load(url)
        tab.evaluate("document.fonts.ready.then(() => null)")
        seen = tab.evaluate(_PROBE.read_text(encoding="utf-8"))
        figures = [Figure(**figure) for figure in seen.pop("figures")]
        return SeenPage(width=width, said=_said(tab), asked_for=_asked_for(tab, url), figures=figures, **seen)


def _said(tab: Tab) -> list[str]:
    console = [f"{call['type']}: {_words(call)}" for call in tab.events("Runtime.consoleAPICalled")]
    logged = [f"{entry['entry']['level']}: {entry['entry']['text']}" for entry in tab.events("Log.entryAdded")]
    thrown = [f"exception: {_exception(event)}" for event in tab.events("Runtime.exceptionThrown")]
    return console + logged + thrown


def _words(call: dict[str, Any]) -> str:
    return " ".join(str(argument.get("value", argument.get("description", ""))) for argument in call["args"])


def _exception(event: dict[str, Any]) -> str:
    details = event["exceptionDetails"]
    return str(details.get("exception", {}).get("description", details["text"]))


def _asked_for(tab: Tab, page: str) -> list[str]:
    urls = [str(event["request"]["url"]) for event in tab.events("Network.requestWillBeSent")]
    return [url for url in urls if url != page and not url.startswith("data:")]
