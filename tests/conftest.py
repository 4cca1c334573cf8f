"""What tests of several rooms share."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.browser import chromium
from tests.browser.chromium import Chromium

# On a machine that is busy with other workers' tests, how long an example takes says nothing of the code.
settings.register_profile("topx", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("topx")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Headless Chromium, one for all tests of a worker; skipped where there is none."""
    reason = chromium.why_not()
    if reason:
        pytest.skip(reason)
    with Chromium.started(tmp_path_factory.mktemp("chromium") / "profile") as browser:
        yield browser
