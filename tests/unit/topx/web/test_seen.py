"""The pages in headless Chromium, in a browser that came through the entrance, and in one that did not."""

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from contract.run_layout import run_id_of
from tests.browser.chromium import Chromium, Tab
from tests.browser.seen_page import DESK, PHONE, Scheme, see
from tests.unit.topx.stored_world import StoredWorld
from tests.unit.topx.web.stack import FAILED, HOSTILE, OLDER, START, stack
from topx.web.markup import address
from topx.web.pages import StackPages
from topx.web.server import Server


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoredWorld:
    return stack(tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="module")
def server(stored: StoredWorld, browser: Chromium) -> Iterator[Server]:
    """The server whose pages the browser may see."""
    mistakes: list[BaseException] = []
    with Server(StackPages(stored.deployment, nullcontext, mistakes.append)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        with browser.tab() as tab:
            tab.ask("Page.enable")
            tab.load(server.rules.entrance)
            wait_for(tab, "location.pathname === '/' && document.title.startsWith('Runs')")
        yield server
        server.shutdown()
        thread.join()
    assert not mistakes


def wait_for(tab: Tab, condition: str) -> None:
    deadline = time.monotonic() + 20
    while not tab.evaluate(condition):
        assert time.monotonic() < deadline, tab.evaluate("document.documentElement.outerHTML")
        time.sleep(0.05)


def addresses(stored: StoredWorld) -> dict[str, str]:
    user = stored.world.user_id(3)
    item = stored.deployment.table.get_item({"pk": f"user#{user}", "version": stored.version})["Item"]["items"][0]
    return {
        "runs": "/",
        "running": address("/run", execution="tuesday"),
        "failed": address("/run", execution="wednesday"),
        "versions": "/versions",
        "user": address("/user", id=user),
        "hostile": address("/user", id=HOSTILE),
        "difference": address("/difference", id=user, before=OLDER, after=stored.version),
        "explain": address("/explain", id=user, item=item),
        "problem": address("/explain", id=HOSTILE, item=HOSTILE),
    }


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read(
    browser: Chromium, server: Server, stored: StoredWorld, width: int, scheme: Scheme
) -> None:
    for name, path in addresses(stored).items():
        url = server.rules.origin + path
        seen = see(browser, url, width=width, scheme=scheme)
        # An error page is an HTTP error, which Chromium reports in the console.
        faults = [fault for fault in seen.faults([]) if name != "problem" or "404" not in fault]
        assert not faults, name
        if folder := os.environ.get("SHOTS"):
            shoot(browser, url, Path(folder) / f"{name}-{width}-{scheme}.png", width, scheme)


def shoot(browser: Chromium, url: str, file: Path, width: int, scheme: str) -> None:
    with browser.tab() as tab:
        tab.ask("Page.enable")
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
        tab.ask("Emulation.setDeviceMetricsOverride", **size)
        tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        tab.load(url)
        image = tab.ask("Page.captureScreenshot", captureBeyondViewport=False)["data"]
        file.write_bytes(base64.b64decode(image))


def test_a_form_leads_to_the_list_of_whoever_is_typed(browser: Chromium, server: Server) -> None:
    with browser.tab() as tab:
        tab.ask("Page.enable")
        tab.load(f"{server.rules.origin}/versions")
        tab.evaluate(f"document.querySelector('nav input').value = {json.dumps(HOSTILE)}")
        tab.evaluate("document.querySelector('nav button').click()")
        wait_for(tab, "document.title.startsWith('User ')")
        assert tab.evaluate("document.querySelector('h1').textContent.includes('<script>alert(1)</script>')")
        assert tab.evaluate("document.scripts.length") == 0


def test_a_runs_own_page_may_run_nothing(browser: Chromium, server: Server) -> None:
    run = run_id_of(FAILED, START.isoformat())
    with browser.tab() as tab:
        tab.ask("Page.enable")
        tab.load(f"{server.rules.origin}/report?run={run}")
        assert tab.evaluate("[document.title, document.body.textContent, origin]") == ["Report", "a report", "null"]


def test_a_page_elsewhere_on_this_machine_learns_nothing(browser: Chromium, server: Server) -> None:
    other = Server(StackPages(None, nullcontext, print))  # type: ignore[arg-type]
    thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with browser.tab() as tab:
            tab.ask("Page.enable")
            tab.load(f"{other.rules.origin}/")  # what it returns is not one of our pages: 403
            asked = f"fetch({server.rules.origin + '/'!r}, {{credentials: 'include', mode: %s}})"
            read = asked % "'cors'" + ".then(found => found.text(), () => 'failed')"
            assert tab.evaluate(read) == "failed"
            blind = asked % "'no-cors'" + ".then(found => found.status, () => 'failed')"
            assert tab.evaluate(blind) in ("failed", 0)
            tab.evaluate(f"location.href = {server.rules.origin + '/'!r}")
            wait_for(tab, "document.body.textContent.includes('Links from other sites are not accepted')")
    finally:
        other.shutdown()
        thread.join()
        other.server_close()
