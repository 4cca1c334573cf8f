"""What tests of several rooms share."""

from collections.abc import Iterator

import pytest

from tests.browser import chromium
from tests.browser.chromium import Chromium


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Headless Chromium, one for all tests of a worker; skipped where there is none."""
    reason = chromium.why_not()
    if reason:
        pytest.skip(reason)
    with Chromium.started(tmp_path_factory.mktemp("chromium") / "profile") as browser:
        yield browser
