"""What tests of several rooms share."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.browser import chromium
from tests.browser.chromium import Chromium

# On a machine that is busy with other workers' tests, how long an example takes says nothing of the code.
settings.register_profile("topx", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("topx")


# Files that take minutes come first, and of those with runs of the whole workflow one alone: it builds the jobs'
# environments and compiles what they run, which the others would otherwise do at the same time.
_FIRST = (
    "tests/end_to_end/test_checkerboard.py",
    "tests/infrastructure/images/",
    "tests/unit/local_aws/factorization_machines/",
    "tests/end_to_end/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files into an order that keeps all workers busy."""
    items.sort(
        key=lambda item: next((n for n, start in enumerate(_FIRST) if item.nodeid.startswith(start)), len(_FIRST))
    )


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Headless Chromium, one for all tests of a worker; skipped where there is none."""
    reason = chromium.why_not()
    if reason:
        pytest.skip(reason)
    with Chromium.started(tmp_path_factory.mktemp("chromium") / "profile") as browser:
        yield browser
