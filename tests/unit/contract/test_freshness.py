"""``newest_within_days``: data that is too old is refused, to the second."""

import pytest

from contract import dataset, freshness
from contract.dataset import Dataset

STARTED = "2026-11-23T03:00:00.500Z"
MONDAY_BEFORE = 1_794_798_000.5  # 2026-11-16 03:00:00.5 UTC


@pytest.mark.parametrize(("earlier", "fresh"), [(0, True), (0.5, False), (-86_400 * 9, True)])
def test_data_may_be_as_old_as_was_asked_for_and_no_older(earlier: float, fresh: bool) -> None:
    found = freshness.fault(MONDAY_BEFORE - earlier, 7, STARTED)
    assert (found is None) is fresh
    assert (
        found is None or "the latest interaction is from 2026-11-16T03:00:00Z, more than newest_within_days 7" in found
    )


def test_nothing_is_asked_without_the_field() -> None:
    assert freshness.fault(0.0, None, STARTED) is None
    assert freshness.fault(None, None, STARTED) is None


@pytest.mark.parametrize(
    "given", ['{"user": "u", "item": "i"}', '{"user": "u", "item": "i", "timestamp": "t", "timestamp_format": "order"}']
)
def test_data_whose_times_are_no_moments_is_refused_before_anything_starts(given: str) -> None:
    described = dataset.parse(given)
    assert "names no column of times; set timestamp" in str(freshness.fault_of_dataset(described, 7))
    assert freshness.fault_of_dataset(described, None) is None
    assert freshness.fault_of_dataset(Dataset("u", "i", timestamp="t"), 7) is None
    assert freshness.fault(None, 7, STARTED) == freshness.fault_of_dataset(described, 7)
