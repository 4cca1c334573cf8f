"""Fixtures and settings that all tests share."""

import gc
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import HealthCheck, settings

from local_aws.door import compiled
from tests.browser import chromium
from tests.browser.chromium import Chromium

# Set before numba is imported: what the jobs of the embedded AWS compile is not compiled again here.
os.environ["NUMBA_CACHE_DIR"] = str(compiled())

# A test tries the same examples every time, so that it fails because of a change and not by chance. To search for new
# ones: pytest --hypothesis-profile explore. On a machine that is busy with other workers' tests, the duration of an
# example means nothing.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("topx", settings.get_profile("explore"), derandomize=True)
settings.load_profile("topx")


# Files that take minutes come first; of those with runs of the whole workflow, one runs alone: it builds the jobs'
# environments and compiles their code, which the others would otherwise do at the same time.
_FIRST = (
    "tests/end_to_end/test_checkerboard.py",
    "tests/infrastructure/images/",
    "tests/unit/containers/prepare/spark/",
    "tests/unit/local_aws/factorization_machines/",
    "tests/end_to_end/",
)

# What make check skips, to stay below 90 seconds: files and folders that take more than about seven.
_SLOW = (
    "tests/browser/",
    "tests/end_to_end/",
    "tests/infrastructure/images/",
    "tests/infrastructure/test_alarms.py",
    "tests/infrastructure/test_definition.py",
    "tests/infrastructure/test_functions.py",
    "tests/infrastructure/test_images.py",
    "tests/infrastructure/test_model_registry.py",
    "tests/infrastructure/test_monitoring.py",
    "tests/infrastructure/test_network_and_key.py",
    "tests/infrastructure/test_recipe.py",
    "tests/infrastructure/test_synthesis.py",
    "tests/infrastructure/test_tags.py",
    "tests/infrastructure/test_template_lint.py",
    "tests/infrastructure/test_two_stacks.py",
    "tests/infrastructure/test_workflow_drawing.py",
    "tests/unit/containers/extract/evaluation/test_breakdown.py",
    "tests/unit/containers/extract/model/test_parameters.py",
    "tests/unit/containers/extract/pages/test_report",
    "tests/unit/containers/extract/test_extraction.py",
    "tests/unit/containers/extract/test_refit.py",
    "tests/unit/containers/prepare/",
    "tests/unit/containers/test_params_to_npz.py",
    "tests/unit/faults/",
    "tests/unit/lambdas/handlers/test_forget_user.py",
    "tests/unit/lambdas/handlers/test_load_part",
    "tests/unit/lambdas/handlers/test_plan_run.py",
    "tests/unit/lambdas/handlers/test_publish_version.py",
    "tests/unit/lambdas/handlers/test_register_version.py",
    "tests/unit/lambdas/retiring/",
    "tests/unit/lambdas/test_champion_in_plan.py",
    "tests/unit/lambdas/test_publish_twice.py",
    "tests/unit/lambdas/test_published_already.py",
    "tests/unit/lambdas/test_requests.py",
    "tests/unit/lambdas/test_rules_in_plan.py",
    "tests/unit/lambdas/test_run_values.py",
    "tests/unit/local_aws/",
    "tests/unit/sagemaker_contract/test_recordio",
    "tests/unit/test_docs.py",
    "tests/unit/topx/test_explain.py",
    "tests/unit/topx/web/test_seen.py",
    "tests/unit/workflow/test_failed_run.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files so that all workers stay busy, and mark those that ``make check`` skips."""
    for item in items:
        if item.nodeid.startswith(_SLOW):
            item.add_marker(pytest.mark.slow)
    items.sort(
        key=lambda item: next((n for n, start in enumerate(_FIRST) if item.nodeid.startswith(start)), len(_FIRST))
    )


def pytest_collection_finish() -> None:
    """Exclude imported modules and collected tests from garbage collection: each pass over them takes half a second."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Undo it: what is never collected, DuckDB would report as leaked when Python exits."""
    gc.unfreeze()


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print how long the tests of each folder took, over all workers together."""
    seconds, tests = defaultdict[str, float](float), Counter[str]()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                room = _room(report.nodeid)
                seconds[room] += report.duration
                tests[room] += report.when == "call"
    if sum(tests.values()) > 1:
        terminalreporter.section("time by room, over all workers")
        for room, spent in sorted(seconds.items(), key=lambda entry: -entry[1]):
            terminalreporter.write_line(f"{spent:7.1f} s  {tests[room]:5} tests  {room}")


def _room(test: str) -> str:
    """``tests/unit/lambdas/handlers/test_rollback.py::test_it`` belongs to ``tests/unit/lambdas``."""
    folder = PurePosixPath(test.partition("::")[0]).parent
    return str(PurePosixPath(*folder.parts[:3]))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Headless Chromium, one for all tests of a worker; skipped if it is not installed."""
    reason = chromium.why_not()
    if reason:
        pytest.skip(reason)
    with Chromium.started(tmp_path_factory.mktemp("chromium") / "profile") as browser:
        yield browser
